"""What a check finds."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.IntEnum):
    """How bad a finding is; the value is the exit code of the program."""

    NOTE = 0
    """Worth knowing, nothing to mend."""
    WARNING = 1
    """It works, but not as somebody expects, or not for long."""
    FAULT = 2
    """Something does not work."""


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes:
        level: How bad it is.
        code: A stable identifier for programs.
        what: What was found.
        why: Why it matters.
        remedy: The command that mends it, or what to do.
    """

    level: Level
    code: str
    what: str
    why: str
    remedy: str


def note(code: str, what: str, why: str, remedy: str) -> Finding:
    """A finding that leaves the exit code at 0."""
    return Finding(Level.NOTE, code, what, why, remedy)


def warning(code: str, what: str, why: str, remedy: str) -> Finding:
    """A finding that makes the exit code 1."""
    return Finding(Level.WARNING, code, what, why, remedy)


def fault(code: str, what: str, why: str, remedy: str) -> Finding:
    """A finding that makes the exit code 2."""
    return Finding(Level.FAULT, code, what, why, remedy)


class NotCheckedError(Exception):
    """A check is not possible now; the message says why. It is no finding: another check has the reason."""
