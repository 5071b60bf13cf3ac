"""Example measurements of a run."""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.machine import Machine
from benchmarks.measurement import Measurement
from benchmarks.results import Results

ONE = Measurement(
    server="lane",
    model="linear",
    kind="single",
    connections=64,
    repeat=0,
    rate=60_000.0,
    p50_ms=1.0,
    p99_ms=1.9,
    cpu_us=16.5,
    cores=0.99,
    rss_mib=120.25,
    failures=0,
)
MACHINE = Machine("Example CPU", 2, 24.0, "Linux 6", hypervisor=True, python="3.11.7", wrk="4.1.0", commit="abc1234")


def rates(server: str, *values: float, model: str = "linear") -> list[Measurement]:
    """Measurements of one server, one per round."""
    return [replace(ONE, server=server, model=model, repeat=repeat, rate=rate) for repeat, rate in enumerate(values)]


def results(measurements: Sequence[Measurement], failures: dict[str, dict[str, str]] | None = None) -> Results:
    """The results of a run with these measurements."""
    servers = {one.server for one in measurements}
    return Results(
        day="2026-11-24",
        command="python -m benchmarks --repeats 2",
        seconds=3,
        repeats=2,
        machine=MACHINE,
        versions={server: {"uvicorn": "1.2.3"} for server in servers},
        failures=failures or {},
        measurements=measurements,
    )
