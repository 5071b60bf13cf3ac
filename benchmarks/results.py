"""The results file: measurements, machine, versions, and the servers that could not be measured."""

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
    """The results of one run.

    Attributes:
        day: The date of the run, in ISO format.
        command: The command line.
        seconds: Length of one measurement.
        repeats: Number of rounds.
        machine: The machine of the run.
        versions: For each server, the versions of its main packages.
        failures: For each model, the servers that could not be measured, with the reason.
        measurements: All measurements.
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
        """The comparison of the measurements."""
        return Comparison(self.measurements)

    def write(self, path: Path) -> None:
        """Write the file with one measurement per line, so that a diff of two runs can be read."""
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
        """Read the file of a run.

        Raises:
            NotStartedError: The file is missing or has another format.
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
