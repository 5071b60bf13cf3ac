"""The service's Prometheus metrics, named once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from prometheus_client.registry import Collector

from src.service.metrics.cgroup import CgroupCollector
from src.service.metrics.challenger_metrics import ChallengerMetrics
from src.service.metrics.histogram import SECONDS, DurationHistogram

_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)


class Metrics:
    """Counters of one application; a registry of its own lets tests run several.

    Attributes:
        content_type: Media type of `text()`.
        challenger: Those of the version beside the champion.
        route_requests_in_flight: Prediction requests that the application's route answers now.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, cgroup: CgroupCollector | None = None) -> None:
        """Register everything.

        Args:
            cgroup: The control group; that of this process unless given.
        """
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self.register(cgroup or CgroupCollector())
        self.challenger = ChallengerMetrics(self._registry)
        self._requests = Counter(
            "inference_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self._lane_requests = Counter(
            "inference_lane_requests", "Requests answered by the fast lane.", registry=self._registry
        )
        self._seconds = DurationHistogram(
            "inference_request_duration_seconds", "Time from reading a request to its answer.", "route", SECONDS
        )
        self.register(self._seconds)
        self._batch_rows = Histogram(
            "inference_batch_rows", "Rows predicted together.", registry=self._registry, buckets=_ROWS
        )
        self._predict_seconds = Histogram(
            "inference_predict_duration_seconds",
            "Time of one batch in the model.",
            registry=self._registry,
            buckets=SECONDS,
        )
        self._model = Gauge(
            "inference_model_info",
            "1 for the version that serves.",
            ("name", "version", "alias", "role"),
            registry=self._registry,
        )
        self._models: dict[str, tuple[str, str, str, str]] = {}
        self._reloads = Counter(
            "inference_model_reloads", "Attempts to load another version.", ("outcome",), registry=self._registry
        )
        for outcome in ("success", "failure"):
            self._reloads.labels(outcome)  # there with 0, because the first attempt shows only as a difference
        self._reload_failing = Gauge(
            "inference_model_reload_failing", "1 while the last look at the registry failed.", registry=self._registry
        )
        self.route_requests_in_flight = 0
        self._in_flight: list[Callable[[], int]] = [lambda: self.route_requests_in_flight]
        self._queue_rows: list[Callable[[], int]] = []
        Gauge(
            "inference_requests_in_flight",
            "Prediction requests that were read and not answered yet.",
            registry=self._registry,
        ).set_function(lambda: sum(count() for count in self._in_flight))
        Gauge("inference_queue_rows", "Rows that wait for the model.", registry=self._registry).set_function(
            lambda: sum(count() for count in self._queue_rows)
        )
        self._ready = Gauge("inference_ready", "1 while a model serves.", registry=self._registry)

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

    def serving(self, name: str, version: str, alias: str, role: str = "champion") -> None:
        """Name the version that serves in this role from now on."""
        if role in self._models:
            self._model.remove(*self._models[role])
        self._models[role] = name, version, alias, role
        self._model.labels(name, version, alias, role).set(1)

    def not_serving(self, role: str) -> None:
        """Say that no version serves in this role any more."""
        if role in self._models:
            self._model.remove(*self._models.pop(role))

    def reload(self, outcome: str) -> None:
        """Count an attempt to load a version: `success` or `failure`."""
        self._reloads.labels(outcome).inc()

    def reload_failing(self, *, failing: bool) -> None:
        """Say whether the last look at the registry failed."""
        self._reload_failing.set(failing)

    def ready_when(self, ready: Callable[[], bool]) -> None:
        """Let each scrape ask whether a model serves."""
        self._ready.set_function(ready)

    def add_waiting(self, *, requests: Callable[[], int] | None = None, rows: Callable[[], int] | None = None) -> None:
        """Let each scrape count what waits in a further place; requests pay nothing for it.

        Args:
            requests: Number of requests that were read there and not answered yet.
            rows: Number of rows that wait for the model there.
        """
        if requests is not None:
            self._in_flight.append(requests)
        if rows is not None:
            self._queue_rows.append(rows)

    def register(self, collector: Collector) -> None:
        """Add a collector of another package to what is scraped."""
        self._registry.register(collector)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
