"""What to run, as the environment says it: the kind of user, the shape of the load, and the patience."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SPAWNS_PER_WORKER = 100
"""Users that one worker can start in a second; above that Locust warns and its own work shows in the results."""

_USERS = ("fast", "lean", "open")
_SHAPES = ("", "steps")


class SettingError(ValueError):
    """A variable of the environment holds something that makes no sense."""


@dataclass(frozen=True)
class Stage:
    """A place on the stairs.

    Attributes:
        step: The step, from 1.
        began: Seconds after the start of the run.
    """

    step: int = 1
    began: float = 0


@dataclass(frozen=True)
class Steps:
    """A staircase of users: so many more every so many seconds, up to the most, then held.

    Attributes:
        users: Users added by each step.
        seconds: Time from the start of one step to the start of the next.
        most: Users on the last step.
        hold: Seconds that the last step lasts.
    """

    users: int = 500
    seconds: float = 30
    most: int = 10_000
    hold: float = 60

    @property
    def count(self) -> int:
        """How many steps it takes."""
        return math.ceil(self.most / self.users)

    def users_on(self, step: int) -> int:
        """Users on a step; the first is 1."""
        return min(step * self.users, self.most)

    def stage_at(self, elapsed: float, stage: Stage) -> Stage | None:
        """The stage this many seconds after the start, coming from another; None when the run is over.

        Nobody ever climbs two steps at once: after a stall, the next step begins late and lasts its full time.
        """
        last = stage.step >= self.count
        if elapsed < stage.began + (self.hold if last else self.seconds):
            return stage
        if last:
            return None
        on_time = stage.began + self.seconds
        return Stage(stage.step + 1, on_time if elapsed < on_time + self.seconds else elapsed)

    def spawn_rate(self, workers: int) -> float:
        """Users a second that these workers can start."""
        return float(min(self.users, SPAWNS_PER_WORKER * max(1, workers)))

    def refusal(self, workers: int) -> str | None:
        """Why these workers cannot climb the stairs in time; None when they can."""
        needed = math.ceil(self.users / self.seconds)
        if needed <= SPAWNS_PER_WORKER * workers:
            return None
        return (
            f"{self.users} more users every {self.seconds:g} s are {needed} a second, but {workers} worker(s) start at "
            f"most {SPAWNS_PER_WORKER * workers}: use {math.ceil(needed / SPAWNS_PER_WORKER)} workers or a longer "
            "LOCUST_STEP_SECONDS"
        )


@dataclass(frozen=True)
class Scenario:
    """Everything that can be chosen about a run, beside Locust's own options.

    Attributes:
        user: `fast` for Locust's FastHttpUser, `lean` for one plain socket per user, `open` for requests that arrive
            whether or not earlier ones were answered.
        steps: The staircase to climb; None leaves the number of users to the UI or the command line.
        api_wait: Seconds to wait for an API that does not answer yet before the run is refused.
        request_timeout: Seconds after which a request counts as failed.
        arrival_rate: Requests a second that each process of `open` users sends.
        record: Folder for every single answer, see `recorder.py`; None keeps none.
        users_file: File that says how many users there are to be, see `user_count_file.py`; None leaves that to Locust.
    """

    user: str = "fast"
    steps: Steps | None = None
    api_wait: float = 15
    request_timeout: float = 30
    arrival_rate: float = 100
    record: Path | None = None
    users_file: Path | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Scenario:
        """Read the `LOCUST_*` variables that this project adds to Locust's own.

        Raises:
            SettingError: When one of them holds something that makes no sense; it is named.
        """
        steps = Steps(
            users=int(_number(environ, "LOCUST_STEP_USERS", 500, least=1)),
            seconds=_number(environ, "LOCUST_STEP_SECONDS", 30, least=1),
            most=int(_number(environ, "LOCUST_MAX_USERS", 10_000, least=1)),
            hold=_number(environ, "LOCUST_HOLD_SECONDS", 60, least=1),
        )
        return cls(
            user=_choice(environ, "LOCUST_USER", _USERS),
            steps=steps if _choice(environ, "LOCUST_SHAPE", _SHAPES) == "steps" else None,
            api_wait=_number(environ, "LOCUST_API_WAIT", 15, least=0),
            request_timeout=_number(environ, "LOCUST_REQUEST_TIMEOUT", 30, least=0.001),
            arrival_rate=_number(environ, "LOCUST_ARRIVAL_RATE", 100, least=0.001),
            record=_folder(environ, "LOCUST_RECORD"),
            users_file=_file(environ, "LOCUST_USERS_FILE"),
        )


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    # Compose hands an unset variable over as an empty one.
    value = environ.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        allowed = " or ".join(choice or "empty" for choice in choices)
        raise SettingError(f"{name} must be {allowed}, not {value!r}")
    return value


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "").strip()
    if text and not Path(text).is_dir():
        raise SettingError(f"{name} must be a folder that exists, not {text!r}")
    return Path(text) if text else None


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "").strip()
    if text and not Path(text).is_file():
        raise SettingError(f"{name} must be a file that exists, not {text!r}")
    return Path(text) if text else None


def _number(environ: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingError(f"{name} must be a number, not {text!r}") from None
    if not math.isfinite(value) or value < least:
        raise SettingError(f"{name} must be at least {least:g}, not {text!r}")
    return value
