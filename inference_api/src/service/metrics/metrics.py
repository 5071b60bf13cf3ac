"""The service's Prometheus metrics, named once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from src.service.metrics.histogram import DurationHistogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)


class Metrics:
    """Counters of one application; a registry of its own lets tests run several.

    Attributes:
        content_type: Media type of `text()`.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        """Register everything."""
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._requests = Counter(
            "inference_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self._lane_requests = Counter(
            "inference_lane_requests", "Requests answered by the fast lane.", registry=self._registry
        )
        self._seconds = DurationHistogram(
            "inference_request_seconds", "Time from reading a request to its answer.", "route", _SECONDS
        )
        self._registry.register(self._seconds)
        self._batch_rows = Histogram(
            "inference_batch_rows", "Rows predicted together.", registry=self._registry, buckets=_ROWS
        )
        self._predict_seconds = Histogram(
            "inference_predict_seconds", "Time of one batch in the model.", registry=self._registry, buckets=_SECONDS
        )
        self._model = Gauge(
            "inference_model_info",
            "1 for the version that serves.",
            ("name", "version", "alias"),
            registry=self._registry,
        )
        self._reloads = Counter(
            "inference_model_reloads", "Attempts to load another version.", ("outcome",), registry=self._registry
        )
        self._reload_failing = Gauge(
            "inference_model_reload_failing", "1 while the last look at the registry failed.", registry=self._registry
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.observe(route, seconds)

    def lane(self, counts: Mapping[tuple[str, int], int], seconds: float) -> None:
        """Count requests that the fast lane answered together.

        Args:
            counts: How many responses had which route and status.
            seconds: The time that all of them took.
        """
        for (route, status), count in counts.items():
            self._requests.labels(route, str(status)).inc(count)
            self._lane_requests.inc(count)
            self._seconds.observe(route, seconds, count)

    def batch(self, rows: int, seconds: float) -> None:
        """Count one batch."""
        self._batch_rows.observe(rows)
        self._predict_seconds.observe(seconds)

    def serving(self, name: str, version: str, alias: str) -> None:
        """Name the version that serves from now on."""
        self._model.clear()
        self._model.labels(name, version, alias).set(1)

    def reload(self, outcome: str) -> None:
        """Count an attempt to load a version: `success` or `failure`."""
        self._reloads.labels(outcome).inc()

    def reload_failing(self, *, failing: bool) -> None:
        """Say whether the last look at the registry failed."""
        self._reload_failing.set(failing)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
