"""Locust's figures for Prometheus: on `/metrics` of its UI or, in a run without UI, of a port of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gevent.pywsgi import WSGIServer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_PATH: Final = "/metrics"
_QUANTILES: Final = (0.5, 0.95, 0.99)


class LoadTestCollector(Collector):
    """The figures of the UI, read at each scrape; the users pay nothing for them."""

    def __init__(self, environment: Any) -> None:
        """Read nothing yet.

        Args:
            environment: Locust's environment.
        """
        self._environment = environment

    def collect(self) -> Iterable[Metric]:
        """The metrics of this moment. A new run begins with 0 again, as a restarted process does."""
        runner, stats = self._environment.runner, self._environment.stats
        yield GaugeMetricFamily("locust_users", "Users that run.", value=runner.user_count)
        # A single process sends requests itself.
        workers = getattr(runner, "worker_count", 1)
        yield GaugeMetricFamily("locust_workers", "Processes that send requests.", value=workers)
        requests = CounterMetricFamily("locust_requests", "Requests that have ended.", labels=["method", "name"])
        failures = CounterMetricFamily("locust_failures", "Requests that have failed.", labels=["method", "name"])
        for entry in list(stats.entries.values()):
            requests.add_metric([entry.method or "", entry.name], entry.num_requests)
            failures.add_metric([entry.method or "", entry.name], entry.num_failures)
        yield requests
        yield failures
        times = GaugeMetricFamily(
            "locust_response_time_seconds",
            "Quantile of the last 10 seconds; absent without a request.",
            labels=["quantile"],
        )
        for quantile in _QUANTILES:
            milliseconds = stats.total.get_current_response_time_percentile(quantile)
            if milliseconds is not None:
                times.add_metric([str(quantile)], milliseconds / 1000)
        yield times


class MetricsEndpoint:
    """Serves the metrics of the process that collects the figures: the master, or a run in one process."""

    def __init__(self, port: int | None = None) -> None:
        """Serve from Locust's start on.

        Args:
            port: Where a run without UI listens; None for no metrics of such a run.
        """
        self._port = port

    def listen(self, events: Any) -> None:
        """Register for Locust's events.

        Args:
            events: Locust's events.
        """
        events.init.add_listener(self.on_init)

    def on_init(self, environment: Any, web_ui: Any, **_: Any) -> None:
        """Serve, now that it is known whether there is a UI."""
        if environment.parsed_options.worker:
            return
        registry = CollectorRegistry()
        registry.register(LoadTestCollector(environment))
        if web_ui is not None:
            headers = {"Content-Type": CONTENT_TYPE_LATEST}
            web_ui.app.add_url_rule(_PATH, "metrics", lambda: (generate_latest(registry), headers))
        elif self._port is not None:
            server = WSGIServer(("", self._port), make_wsgi_app(registry), log=None)
            server.start()
            environment.events.quit.add_listener(lambda **_: server.stop())
