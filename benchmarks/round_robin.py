"""Measures one model after the other, with all of its servers in turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.console import say
from benchmarks.cores import Cores
from benchmarks.environments import versions_of
from benchmarks.errors import BenchmarkError, NoAnswerError, ServerFailedError
from benchmarks.machine import Machine
from benchmarks.measurement import Measurement, measure
from benchmarks.options import Options
from benchmarks.registry import Registry, serving
from benchmarks.results import Results
from benchmarks.running_servers import start_servers
from benchmarks.schedule import turns
from benchmarks.servers import SERVERS
from benchmarks.wrk import Wrk

_TOLD = ("bentoml", "fastapi", "httptools", "litserve", "mlflow", "mlserver", "pydantic", "scikit-learn", "uvicorn")


@dataclass(frozen=True, slots=True)
class _Bench:
    options: Options
    registry: Registry
    wrk: Wrk
    cores: Cores

    def measure(self, name: str, failures: dict[str, str]) -> list[Measurement]:
        """Measure all servers of one model in turn; `failures` gets the reason of each server that fails."""
        model = self.registry.model(name)
        # A constant response is the same for every model, so it is measured for one model only.
        first = name == self.options.models[0]
        servers = [SERVERS[server] for server in self.options.servers if first or not SERVERS[server].constant]
        done: list[Measurement] = []
        with start_servers(servers, model, self.registry, self.cores, failures) as running_servers:
            by_name = {running_server.server.name: running_server for running_server in running_servers}
            kinds = {server: tuple(running_server.bodies) for server, running_server in by_name.items()}
            for turn in turns(kinds, self.options.loads, self.options.repeats):
                if turn.server in failures or turn.load in failures:
                    continue
                try:
                    one = measure(self.wrk, by_name[turn.server], name, turn, self.options.seconds)
                except ServerFailedError as error:
                    # If it still runs, it may answer under another load.
                    failures[turn.load if isinstance(error, NoAnswerError) else turn.server] = str(error)
                    say(f"{turn.load}: {error}")
                    continue
                done.append(one)
                self._tell(one)
        return done

    def _tell(self, one: Measurement) -> None:
        say(
            f"{one.model} {one.kind} x{one.connections} round {one.repeat + 1}/{self.options.repeats} {one.server}: "
            f"{one.rate:,.0f} req/s, p99 {one.p99_ms:.1f} ms, {one.cpu_us:.0f} us"
            + (f", {one.failures} failures" if one.failures else "")
        )


def run(options: Options, command: str) -> Results:
    """Measure what the options select.

    Raises:
        BenchmarkError: Nothing could be measured.
    """
    cores = Cores.choose()
    wrk = Wrk.find(cores.load)
    if cores.shared:
        say("warning: one core only: server and load generator disturb each other")
    measurements: list[Measurement] = []
    failures: dict[str, dict[str, str]] = {}
    with serving(cores) as registry:
        bench = _Bench(options, registry, wrk, cores)
        for name in options.models:
            failures[name] = {}
            measurements += bench.measure(name, failures[name])
    if not measurements:
        reasons = dict.fromkeys(reason for found in failures.values() for reason in found.values())
        raise BenchmarkError(f"nothing could be measured: {'; '.join(reasons)}")
    return Results(
        day=datetime.now(UTC).date().isoformat(),
        command=command,
        seconds=options.seconds,
        repeats=options.repeats,
        machine=Machine.describe(wrk.program),
        versions=_versions(options, {one.server for one in measurements}),
        failures={name: reasons for name, reasons in failures.items() if reasons},
        measurements=measurements,
    )


def _versions(options: Options, measured: set[str]) -> dict[str, dict[str, str]]:
    versions = {}
    for name in options.servers:
        if name in measured:
            installed = versions_of(SERVERS[name].environment)
            versions[name] = {package: installed[package] for package in _TOLD if package in installed}
    return versions
