"""Metrics of the version beside the champion."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from src.service.metrics.histogram import SECONDS, DurationHistogram

REASONS: Final = ("refused", "load", "traffic")
"""What may be wrong: its version cannot serve, it could not be loaded or has ended, or a tag has a wrong value."""
CANARY: Final = "canary"
SHADOW: Final = "shadow"


class ChallengerMetrics:
    """Metrics of the challenger; those of a version remain when it has ended, so that rates can be computed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything.

        Args:
            registry: The registry of the application.
        """
        self._percent = Gauge(
            "inference_challenger_percent",
            "Share of the rows (shadow) and of the requests (canary) that the challenger gets; 0 without one.",
            ("kind",),
            registry=registry,
        )
        self._requests = Counter(
            "inference_challenger_requests",
            "Canary requests, and shadowed rows, each of which counts as one.",
            ("kind", "version", "outcome"),
            registry=registry,
        )
        self._rows = Counter(
            "inference_challenger_rows", "Rows that the challenger predicted.", ("kind", "version"), registry=registry
        )
        self._seconds = DurationHistogram(
            "inference_challenger_duration_seconds",
            "Time of canary requests, and of groups of shadowed rows, in the challenger.",
            "kind",
            SECONDS,
        )
        registry.register(self._seconds)
        self._compared = Counter(
            "inference_challenger_compared_rows",
            "Shadowed rows that both versions predicted.",
            ("version",),
            registry=registry,
        )
        self._agreeing = Counter(
            "inference_challenger_agreeing_rows",
            "Those with equal labels, or with numbers that differ by at most 1 %.",
            ("version",),
            registry=registry,
        )
        self._absolute = Counter(
            "inference_challenger_absolute_difference_sum",
            "Sum of the absolute differences of their numbers.",
            ("version",),
            registry=registry,
        )
        self._relative = Counter(
            "inference_challenger_relative_difference_sum",
            "Sum of the absolute differences, each divided by the larger of both magnitudes.",
            ("version",),
            registry=registry,
        )
        self._problem = Gauge(
            "inference_challenger_problem",
            "1 while the challenger's version is refused, cannot be loaded, or a tag of its traffic has a wrong value.",
            ("reason",),
            registry=registry,
        )
        self.percent(0.0, 0.0)
        self.problem(None)

    def percent(self, shadow: float, canary: float) -> None:
        """Store the traffic that it gets from now on."""
        self._percent.labels(SHADOW).set(shadow)
        self._percent.labels(CANARY).set(canary)

    def problem(self, reason: str | None, *, traffic: bool = False) -> None:
        """Store what is wrong from now on.

        Args:
            reason: `refused`, `load`, or None when it is loaded, or when there is none.
            traffic: Whether a tag has a wrong value.
        """
        for name in REASONS:
            self._problem.labels(name).set(name == reason or (name == "traffic" and traffic))

    def canaries(self, version: str, answered: int, fallback: int, seconds: float) -> None:
        """Count requests that were sent to the challenger together, to be answered by it.

        Args:
            version: The challenger's version.
            answered: How many it answered.
            fallback: How many the champion answered, because the challenger could not.
            seconds: How long all of them waited for the challenger.
        """
        for outcome, count in (("answered", answered), ("fallback", fallback)):
            self._requests.labels(CANARY, version, outcome).inc(count)
        self._seconds.observe(CANARY, seconds, answered + fallback)

    def shadowed(self, version: str, answered: int, failed: int, seconds: float) -> None:
        """Count shadowed rows that were sent to the challenger together.

        Args:
            version: The challenger's version.
            answered: How many it predicted.
            failed: How many it could not predict.
            seconds: How long that took.
        """
        for outcome, count in (("answered", answered), ("failed", failed)):
            self._requests.labels(SHADOW, version, outcome).inc(count)
        self._seconds.observe(SHADOW, seconds)

    def dropped(self, version: str, rows: int) -> None:
        """Count shadowed rows that were left out, because too many waited or the process of the challenger ended."""
        self._requests.labels(SHADOW, version, "dropped").inc(rows)

    def rows(self, kind: str, version: str, count: int) -> None:
        """Count rows that the challenger predicted."""
        self._rows.labels(kind, version).inc(count)

    def compared(self, version: str, rows: int, agreeing: int, absolute: float, relative: float) -> None:
        """Count shadowed rows that both versions predicted.

        Args:
            version: The challenger's version.
            rows: How many.
            agreeing: How many of them agree.
            absolute: Sum of the absolute differences of numbers.
            relative: Sum of their relative differences.
        """
        self._compared.labels(version).inc(rows)
        self._agreeing.labels(version).inc(agreeing)
        self._absolute.labels(version).inc(absolute)
        self._relative.labels(version).inc(relative)
