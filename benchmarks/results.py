"""The results file: what was measured, where, with what, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison
from benchmarks.errors import NotStartedError
from benchmarks.machine import Machine
from benchmarks.measurement import Measurement

_DIGITS = 5


@dataclass(frozen=True)
class Results:
    """One run.

    Attributes:
        day: When it was, as an ISO date.
        command: What was typed.
        seconds: Length of one measurement.
        repeats: Rounds.
        machine: Where.
        versions: For each server, versions that matter.
        failures: For each model the servers that could not be measured, with the reason.
        measurements: Everything that was measured.
    """

    day: str
    command: str
    seconds: int
    repeats: int
    machine: Machine
    versions: Mapping[str, Mapping[str, str]]
    failures: Mapping[str, Mapping[str, str]]
    measurements: Sequence[Measurement] = field(repr=False)

    @property
    def comparison(self) -> Comparison:
        """The measurements, to be compared."""
        return Comparison(self.measurements)

    def write(self, path: Path) -> None:
        """Save it, one measurement a line, so that a later run's file can be compared with this one."""
        head = {
            "day": self.day,
            "command": self.command,
            "seconds": self.seconds,
            "repeats": self.repeats,
            "machine": self.machine.as_json(),
            "versions": self.versions,
            "failures": self.failures,
        }
        lines = [json.dumps(_rounded(one.as_json())) for one in self.measurements]
        text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "measurements": [\n  ' + ",\n  ".join(lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n ]\n}\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Load a saved run.

        Raises:
            NotStartedError: When there is none.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values["machine"] = Machine(**values["machine"])
            values["measurements"] = [Measurement(**one) for one in values["measurements"]]
            return cls(**values)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise NotStartedError(f"{path} holds no results: {error}") from None


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value for name, value in values.items()
    }
