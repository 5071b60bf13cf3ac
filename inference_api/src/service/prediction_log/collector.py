"""The log's Prometheus metrics, read at each scrape."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from src.service.prediction_log.prediction_log import PredictionLog


class PredictionLogCollector(Collector):
    """How many rows were written, and how many were not."""

    def __init__(self, log: PredictionLog) -> None:
        """Read the numbers of a log."""
        self._log = log

    def collect(self) -> Iterable[CounterMetricFamily]:
        """The metric families, for a scrape. Each reason is there from the start, so that its rate can be computed."""
        yield CounterMetricFamily(
            "inference_prediction_log_records", "Rows written to the prediction log.", value=self._log.records
        )
        dropped = CounterMetricFamily(
            "inference_prediction_log_dropped", "Sampled rows that could not be written.", labels=["reason"]
        )
        for reason, rows in self._log.dropped.items():
            dropped.add_metric([reason], rows)
        yield dropped
