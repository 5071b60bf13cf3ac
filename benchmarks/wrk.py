"""The load generator: wrk in a closed loop, each connection sends the next request when it has the answer."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cores import pinned
from benchmarks.errors import NotStartedError, ServerFailedError
from benchmarks.target import Target

_SCRIPT = Path(__file__).with_name("post.lua")
_MARK = "WRK "
# Above every expected latency: a request that times out is not in the percentiles.
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """The figures of wrk.

    Attributes:
        requests: Responses with a status below 400.
        seconds: Duration of the run.
        p50_ms: Median latency.
        p99_ms: 99th percentile of the latency.
        failures: Responses with an error status, and connections that failed or timed out.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def rate(self) -> float:
        """Successful responses per second."""
        return self.requests / self.seconds if self.seconds else 0.0


def parse(output: str) -> Reading:
    """Read the line that the script printed.

    Raises:
        ServerFailedError: There is none.
    """
    lines = [line for line in output.splitlines() if line.startswith(_MARK)]
    if not lines:
        raise ServerFailedError(f"wrk gave no result: {' '.join(output.split())[:300] or 'no output'}")
    values = json.loads(lines[-1][len(_MARK) :])
    return Reading(
        requests=values["requests"] - values["status"],
        seconds=values["microseconds"] / 1e6,
        p50_ms=values["p50"] / 1e3,
        p99_ms=values["p99"] / 1e3,
        failures=sum(values[name] for name in ("connect", "read", "write", "status", "timeout")),
    )


@dataclass(frozen=True, slots=True)
class Wrk:
    """The program and its core.

    Attributes:
        program: Its path.
        core: The core on which it runs.
    """

    program: str
    core: int

    @classmethod
    def find(cls, core: int) -> Wrk:
        """Find it on the PATH.

        Raises:
            NotStartedError: It is not installed; names the package.
        """
        found = shutil.which("wrk")
        if found is None:
            raise NotStartedError("wrk is missing: apt-get install wrk (the package `wrk` of Debian and Ubuntu)")
        return cls(found, core)

    def run_load(self, target: Target, bodies: Path, *, connections: int, seconds: int) -> Reading:
        """Send the lines of a file in turn, over a number of connections for some seconds.

        Raises:
            ServerFailedError: wrk measured nothing.
        """
        command = [self.program, "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT_SECONDS}s"]
        command += ["-s", str(_SCRIPT), target.url, "--", str(bodies)]
        with pinned(self.core):
            try:
                done = subprocess.run(  # noqa: S603 - wrk, against an address that Target has checked
                    command, capture_output=True, text=True, check=False, timeout=seconds + 2 * _TIMEOUT_SECONDS
                )
            except subprocess.TimeoutExpired:
                raise ServerFailedError(f"wrk did not end within {seconds + 2 * _TIMEOUT_SECONDS} s") from None
        return parse(done.stdout + done.stderr)
