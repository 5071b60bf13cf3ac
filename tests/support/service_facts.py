"""Facts about a running service, from its process and its metrics."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from service_process import Service

LANE_REQUESTS = "inference_lane_requests_total"


def samples(service: Service) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of `/metrics` by name and labels."""
    text = service.client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def metric(service: Service, name: str, **labels: str) -> float:
    """The value of one sample; 0 when there is none."""
    return samples(service).get((name, frozenset(labels.items())), 0.0)


def has_lane(service: Service) -> bool:
    """Whether the service has a fast lane with metrics."""
    return (LANE_REQUESTS, frozenset[tuple[str, str]]()) in samples(service)


def memory_mib(service: Service) -> float:
    """Resident memory of the process."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def open_descriptors(service: Service) -> int:
    """File descriptors in use."""
    return len(_descriptors(service))


def highest_descriptor(service: Service) -> int:
    """The highest file descriptor in use."""
    return max(_descriptors(service))


def _descriptors(service: Service) -> list[int]:
    return [int(entry.name) for entry in Path(f"/proc/{service.process.pid}/fd").iterdir()]
