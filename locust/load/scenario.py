"""The scenario of a run, from the environment: the kind of user, the ramp, and the timeouts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from load.tls import tls_context

SPAWNS_PER_WORKER = 100
"""Users that one worker can start per second; above it Locust warns, and its own work distorts the results."""

_USERS = ("fast", "lean", "open")
_SHAPES = ("", "steps")


class SettingError(ValueError):
    """A variable of the environment has an invalid value."""


@dataclass(frozen=True)
class Stage:
    """Where a run is on its ramp.

    Attributes:
        step: The step, from 1.
        began: Seconds after the start of the run.
    """

    step: int = 1
    began: float = 0


@dataclass(frozen=True)
class Ramp:
    """A ramp of users in steps.

    Attributes:
        step_users: Users added by each step.
        step_seconds: Time from the start of one step to the start of the next.
        max_users: Users on the last step.
        hold_seconds: Duration of the last step.
    """

    step_users: int = 500
    step_seconds: float = 30
    max_users: int = 10_000
    hold_seconds: float = 60

    @property
    def steps(self) -> int:
        """Number of steps."""
        return math.ceil(self.max_users / self.step_users)

    def users_on(self, step: int) -> int:
        """Users on a step; the first is 1."""
        return min(step * self.step_users, self.max_users)

    def stage_at(self, elapsed: float, stage: Stage) -> Stage | None:
        """The stage this many seconds after the start, given the stage before; None when the run is over.

        No step is skipped: after a stall of Locust, the next step begins late and lasts its full time.
        """
        last = stage.step >= self.steps
        if elapsed < stage.began + (self.hold_seconds if last else self.step_seconds):
            return stage
        if last:
            return None
        on_time = stage.began + self.step_seconds
        return Stage(stage.step + 1, on_time if elapsed < on_time + self.step_seconds else elapsed)

    def spawn_rate(self, workers: int) -> float:
        """Users per second that these workers start."""
        return float(min(self.step_users, SPAWNS_PER_WORKER * max(1, workers)))

    def refusal(self, workers: int) -> str | None:
        """Why these workers cannot start the users of a step in time; None when they can."""
        needed = math.ceil(self.step_users / self.step_seconds)
        if needed <= SPAWNS_PER_WORKER * workers:
            return None
        return (
            f"{self.step_users} more users every {self.step_seconds:g} s are {needed} a second, but {workers} "
            f"worker(s) start at most {SPAWNS_PER_WORKER * workers}: use {math.ceil(needed / SPAWNS_PER_WORKER)} "
            "workers or a longer LOCUST_STEP_SECONDS"
        )


@dataclass(frozen=True)
class Scenario:
    """Everything that can be chosen about a run, besides Locust's own options.

    Attributes:
        user: `fast` for Locust's FastHttpUser, `lean` for one plain socket per user, `open` for requests that arrive
            whether or not earlier ones were answered.
        ramp: The ramp of users; None leaves the number of users to the UI or the command line.
        api_wait: Seconds to wait for an API that is not ready before the run is refused.
        request_timeout: Seconds after which a request counts as failed.
        arrival_rate: Requests a second that each process of `open` users sends.
        record: Folder for a record of every answer, see `recorder.py`; None for no records.
        users_file: File with the number of users, see `user_count_file.py`; None leaves that to Locust.
        metrics_port: Where a run without UI serves metrics, see `metrics.py`; None for nowhere.
        api_key: Key that every request carries, for a gateway that asks for one; empty for none.
        ca_file: PEM of the authorities that the API's certificate is checked with; None to accept any.
    """

    user: str = "fast"
    ramp: Ramp | None = None
    api_wait: float = 15
    request_timeout: float = 30
    arrival_rate: float = 100
    record: Path | None = None
    users_file: Path | None = None
    metrics_port: int | None = None
    api_key: str = field(default="", repr=False)
    ca_file: Path | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Scenario:
        """Read the `LOCUST_*` variables that this project adds to Locust's own.

        Raises:
            SettingError: When one of them has an invalid value; the message names it.
        """
        ramp = Ramp(
            step_users=int(_number(environ, "LOCUST_STEP_USERS", 500, minimum=1)),
            step_seconds=_number(environ, "LOCUST_STEP_SECONDS", 30, minimum=1),
            max_users=int(_number(environ, "LOCUST_MAX_USERS", 10_000, minimum=1)),
            hold_seconds=_number(environ, "LOCUST_HOLD_SECONDS", 60, minimum=1),
        )
        return cls(
            user=_choice(environ, "LOCUST_USER", _USERS),
            ramp=ramp if _choice(environ, "LOCUST_SHAPE", _SHAPES) == "steps" else None,
            api_wait=_number(environ, "LOCUST_API_WAIT", 15, minimum=0),
            request_timeout=_number(environ, "LOCUST_REQUEST_TIMEOUT", 30, minimum=0.001),
            arrival_rate=_number(environ, "LOCUST_ARRIVAL_RATE", 100, minimum=0.001),
            record=_folder(environ, "LOCUST_RECORD"),
            users_file=_file(environ, "LOCUST_USERS_FILE"),
            metrics_port=int(_number(environ, "LOCUST_METRICS_PORT", 0, minimum=0)) or None,
            api_key=_header_value(environ, "LOCUST_API_KEY"),
            ca_file=_certificates(environ, "LOCUST_CA_FILE"),
        )


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    # Compose passes an unset variable as an empty one.
    value = environ.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        allowed = " or ".join(choice or "empty" for choice in choices)
        raise SettingError(f"{name} must be {allowed}, not {value!r}")
    return value


def _header_value(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "").strip()
    if not (text.isascii() and text.isprintable()):
        raise SettingError(f"{name} must be printable ASCII text")
    return text


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


def _certificates(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "").strip()
    # Compose mounts a file in any case; without one of its user's it is /dev/null.
    if not text or Path(text).is_char_device():
        return None
    file = _file(environ, name)
    try:
        tls_context(file)
    except OSError as error:
        raise SettingError(f"{name} must be a PEM file with a certificate, and {str(file)!r} is not: {error}") from None
    return file


def _number(environ: Mapping[str, str], name: str, default: float, *, minimum: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingError(f"{name} must be a number, not {text!r}") from None
    if not math.isfinite(value) or value < minimum:
        raise SettingError(f"{name} must be at least {minimum:g}, not {text!r}")
    return value
