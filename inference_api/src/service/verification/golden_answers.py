"""`verification.json` beside a model's files: the predictions of `mlflow.pyfunc` when the version was registered.

With this file a version is verified without MLflow and pandas. It is optional, and the version's digest covers it:

    {"format": 1, "examples": 4, "checks": [{"row": {"feature1": 5.3, ...}, "answer": 123.4}, ...]}

`checks` holds JSON objects as a client would send them, each with its prediction when it is the only row; the first
`examples` of them are the rows of the model's input example, in order. Any program that registers a model may add it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic_core import ValidationError

from src.service.prediction.outputs import is_json
from src.service.registry.bundle import Check
from src.service.schema.column import Column
from src.service.schema.sample_rows import EXAMPLE_ROWS
from src.service.schema.validator import Schema

FILE: Final = "verification.json"
FORMAT: Final = 1
MAX_BYTES: Final = 4 << 20
MAX_CHECKS: Final = 200


@dataclass(frozen=True, slots=True)
class GoldenAnswers:
    """The predictions of `mlflow.pyfunc` that came with a model.

    Attributes:
        checks: Rows with their predictions.
        examples: The rows of the input example.
    """

    checks: tuple[Check, ...]
    examples: list[dict[str, Any]]


def read_golden_answers(folder: Path, columns: Sequence[Column]) -> GoldenAnswers | None:
    """The golden answers in a model's folder; None without the file, or when it is not complete or does not fit."""
    try:
        with (folder / FILE).open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        found = json.loads(text) if len(text) <= MAX_BYTES else {}
        checks = tuple(Check(dict(check["row"]), check["answer"]) for check in found["checks"])
        examples = found["examples"] if found["format"] == FORMAT else 0
        valid = 0 < examples <= len(checks) <= MAX_CHECKS and all(is_json(check.answer) for check in checks)
        Schema(columns, {}).rows_of([check.row for check in checks])
    except (OSError, ValueError, LookupError, TypeError, ValidationError):
        return None
    return GoldenAnswers(checks, [check.row for check in checks[: min(examples, EXAMPLE_ROWS)]]) if valid else None
