"""The drift figures as Prometheus metrics, computed at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from src.service.drift.monitor import DriftMonitor


class DriftCollector(Collector):
    """Figures of the model that serves. A figure for which there are too few rows is absent."""

    def __init__(self, current: Callable[[], DriftMonitor | None]) -> None:
        """Compute nothing yet.

        Args:
            current: The monitor of the model that serves now.
        """
        self._current = current

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metric families, for a scrape."""
        index = "Population stability index of"
        columns = GaugeMetricFamily(
            "inference_drift_psi", f"{index} a column against the training rows.", labels=["version", "column"]
        )
        prediction = GaugeMetricFamily(
            "inference_prediction_drift_psi",
            f"{index} the predictions against those for the training rows.",
            labels=["version"],
        )
        rows = GaugeMetricFamily("inference_drift_rows", "Rows behind the drift figures.", labels=["version"])
        monitor = self._current()
        if monitor is not None:
            report = monitor.report()
            for name, figure in report.columns.items():
                if figure is not None:
                    columns.add_metric([monitor.version, name], figure)
            if report.prediction is not None:
                prediction.add_metric([monitor.version], report.prediction)
            rows.add_metric([monitor.version], report.rows)
        yield from (columns, prediction, rows)
