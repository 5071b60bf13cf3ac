"""The users: the stack's own Locust image as one container without UI, on the stack's network."""

from __future__ import annotations

import contextlib
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.users.docker import Container, docker
from benchmarks.users.statistics import Statistics

SPAWNS_A_SECOND = 100
_NAME = "taller5-users"
_IMAGE = "taller5/locust:local"
_START_SECONDS = 60
_END_SECONDS = 60
_OPEN_FILES = 20_000
_FIGURES = "/figures"


@dataclass(frozen=True, slots=True)
class Staircase:
    """How the users come.

    Attributes:
        users: How many in the end.
        step_users: How many more at each step.
        step_seconds: Length of a step.
        hold_seconds: How long all of them stay.
    """

    users: int
    step_users: int
    step_seconds: float
    hold_seconds: int

    @property
    def ramp_seconds(self) -> float:
        """From the first user to the last step."""
        return (math.ceil(self.users / self.step_users) - 1) * self.step_seconds

    @property
    def last_step_seconds(self) -> int:
        """The last step lasts for the users that it brings, and then for the hold."""
        return math.ceil(self.step_users / SPAWNS_A_SECOND) + self.hold_seconds

    def variables(self, host: str) -> dict[str, str]:
        """For Locust's container."""
        return {
            "LOCUST_HOST": host,
            "LOCUST_USER": "lean",
            "LOCUST_SHAPE": "steps",
            "LOCUST_STEP_USERS": str(self.step_users),
            "LOCUST_STEP_SECONDS": f"{self.step_seconds:g}",
            "LOCUST_MAX_USERS": str(self.users),
            "LOCUST_HOLD_SECONDS": str(self.last_step_seconds),
        }


@dataclass(frozen=True, slots=True)
class Crowd:
    """Users that are on their way or there.

    Attributes:
        container: Locust's.
        staircase: How they come.
        folder: Where Locust leaves its figures.
    """

    container: Container
    staircase: Staircase
    folder: Path

    def await_all(self) -> None:
        """Wait until the last user is there.

        Raises:
            BenchmarkError: When the run ends before, with Locust's last words.
        """
        mark = f"({self.staircase.users} total users)"
        deadline = time.monotonic() + self.staircase.ramp_seconds * 1.5 + _START_SECONDS
        while time.monotonic() < deadline:
            said = docker("logs", "--tail", "50", self.container.id, stderr=True)
            if mark in said:
                return
            if not self._runs():
                raise BenchmarkError(f"Locust ended before all users were there: {said.strip()[-600:]}")
            time.sleep(0.25)
        raise BenchmarkError("the users did not all come in time")

    def await_end(self, began: float, ended: float) -> Statistics:
        """Wait until the run is over; returns what the users saw between two moments, in seconds since 1970.

        Raises:
            BenchmarkError: When it does not end, or left no answers.
        """
        deadline = time.monotonic() + self.staircase.hold_seconds + _END_SECONDS
        while self._runs():
            if time.monotonic() > deadline:
                raise BenchmarkError("Locust does not end")
            time.sleep(0.25)
        return Statistics.between(self.folder, began, ended)

    def _runs(self) -> bool:
        return docker("inspect", "--format", "{{.State.Running}}", self.container.id).strip() == "true"


@contextlib.contextmanager
def crowd(staircase: Staircase, host: str, network: str) -> Iterator[Crowd]:
    """Send the users to a host of a network; whatever happens, they are gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Locust's user in the container is another than the one who runs this.
        folder.chmod(0o777)
        variables = [f"--env={key}={value}" for key, value in staircase.variables(host).items()]
        variables.append(f"--env=LOCUST_RECORD={_FIGURES}")
        created = docker(
            *("run", "--detach", "--name", _NAME, "--network", network, "--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - inside the container
            *("--cap-drop", "ALL", f"--ulimit=nofile={_OPEN_FILES}:{_OPEN_FILES}", f"--volume={folder}:{_FIGURES}"),
            *(*variables, _IMAGE),
            *("--headless", "--only-summary"),
        ).strip()
        try:
            yield Crowd(Container.look(created), staircase, folder)
        finally:
            docker("rm", "--force", created)
