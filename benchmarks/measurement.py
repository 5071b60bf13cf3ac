"""One measurement: one server under one load for some seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.errors import NoAnswerError, ServerFailedError
from benchmarks.running_servers import RunningServer
from benchmarks.schedule import Turn
from benchmarks.wrk import Wrk

_WARM_UP_SECONDS = 1
_PATIENCE = 4
# Few: requests that a slow server has not answered when the warm-up ends would still be in progress afterwards.
_WARM_UP_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of measuring one server once.

    Attributes:
        server: The server's name.
        model: Name of the served model.
        kind: `single` or `batch`.
        connections: Connections that sent at the same time.
        repeat: Number of the round, from 0.
        rate: Successful responses per second.
        p50_ms: Median latency.
        p99_ms: 99th percentile.
        cpu_us: CPU time of the whole server per response.
        cores: CPU seconds per second: below 1 the server was idle at times, and something else was the limit.
        rss_mib: Memory of the whole server at the end.
        failures: Answers with an error, and connections that failed.
    """

    server: str
    model: str
    kind: str
    connections: int
    repeat: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    cores: float
    rss_mib: float
    failures: int

    def as_json(self) -> dict[str, Any]:
        """The JSON value for the results file."""
        return asdict(self)


def measure(wrk: Wrk, running_server: RunningServer, model: str, turn: Turn, seconds: int) -> Measurement:
    """Resume the server, warm it up, run the load, and compute the figures.

    A server that answers nothing in that time is measured once more, for longer.

    Raises:
        ServerFailedError: It ended.
        NoAnswerError: It answered nothing.
    """
    process = running_server.process
    target, bodies = running_server.target(turn.kind), running_server.bodies[turn.kind]
    process.resume()
    try:
        few = min(turn.connections, _WARM_UP_CONNECTIONS)
        wrk.run_load(target, bodies, connections=few, seconds=_WARM_UP_SECONDS)
        for patience in (seconds, seconds * _PATIENCE):
            before = process.usage()
            reading = wrk.run_load(target, bodies, connections=turn.connections, seconds=patience)
            after = process.usage()
            if reading.requests or not process.running:
                break
    except ServerFailedError:
        # The server has ended: the end of its log is more useful than the error of wrk.
        if process.running:
            raise
    finally:
        process.pause()
    if not process.running:
        raise ServerFailedError(f"died under load, {process.last_log_line()}")
    if not reading.requests:
        raise NoAnswerError(f"no good answer within {reading.seconds:.0f} s ({reading.failures} failures)")
    cpu = after.cpu_seconds - before.cpu_seconds
    return Measurement(
        server=running_server.server.name,
        model=model,
        kind=turn.kind,
        connections=turn.connections,
        repeat=turn.repeat,
        rate=reading.rate,
        p50_ms=reading.p50_ms,
        p99_ms=reading.p99_ms,
        cpu_us=cpu / reading.requests * 1e6,
        cores=cpu / reading.seconds,
        rss_mib=after.rss_bytes / 2**20,
        failures=reading.failures,
    )
