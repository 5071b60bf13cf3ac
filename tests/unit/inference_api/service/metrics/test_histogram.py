"""The histogram that counts many equal durations at once."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from src.service.metrics.histogram import DurationHistogram

BUCKETS = (0.125, 0.25, 0.5)


def lines(registry: CollectorRegistry) -> list[str]:
    """What a scrape finds, without the time of creation."""
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_it_counts_as_prometheus_clients_own() -> None:
    """The same observations give the same text, those on a bucket's bound included."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = DurationHistogram("seconds", "Time.", "route", BUCKETS)
    ours.register(durations)
    reference = Histogram("seconds", "Time.", ("route",), registry=theirs, buckets=BUCKETS)
    for route, seconds, count in [("/a", 0.0625, 3), ("/a", 0.125, 1), ("/a", 5.0, 2), ("/b", 0.375, 1)]:
        durations.observe(route, seconds, count)
        for _ in range(count):
            reference.labels(route).observe(seconds)

    assert lines(ours) == lines(theirs)


def test_without_observations_there_is_only_its_name() -> None:
    """Without observations a scrape finds the metric without values."""
    registry = CollectorRegistry()
    registry.register(DurationHistogram("seconds", "Time.", "route", BUCKETS))

    assert lines(registry) == ["# HELP seconds Time.", "# TYPE seconds histogram"]
