"""A model as it lies on disk for every server, with rows to ask for and the answers to expect."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.errors import ServerFailedError

BATCH_ROWS = 100
MODELS = {
    "linear": "LinearRegression",
    "forest": "RandomForest(100)",
    "boosting": "HistGradientBoosting",
    "pipeline": "Pipeline con columna categórica",
}
# The pipeline's own arithmetic may differ in its last bits between one row and many.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """One model.

    Attributes:
        name: Its name in the registry and on the command line.
        folder: Where its files are.
        mlflow: Its MLflow model folder.
        joblib: The estimator alone.
        columns: The input's columns.
        rows: Rows to ask with.
        answers: What `mlflow.pyfunc` answers to them.
    """

    name: str
    folder: Path
    mlflow: Path
    joblib: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    answers: tuple[float, ...]

    @classmethod
    def read(cls, folder: Path) -> PreparedModel | None:
        """Read a prepared model; None when there is none, or one of another scikit-learn."""
        try:
            values = json.loads((folder / "description.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if values["made_with"] != made_with():
            return None
        return cls(
            name=folder.name,
            folder=folder,
            mlflow=folder / values["model"],
            joblib=folder / "model.joblib",
            columns=tuple(values["columns"]),
            rows=tuple(tuple(row) for row in values["rows"]),
            answers=tuple(values["answers"]),
        )

    def check(self, given: Sequence[Any], first: int) -> None:
        """Compare answers with the model's own.

        Args:
            given: What a server answered to the rows from `first` on.
            first: The first of them.

        Raises:
            ServerFailedError: When one differs.
        """
        for position, answer in enumerate(given, first):
            expected = self.answers[position]
            number = isinstance(answer, int | float) and not isinstance(answer, bool)
            if not number or not math.isclose(answer, expected, rel_tol=_TOLERANCE):
                raise ServerFailedError(f"row {position} of {self.name}: {answer!r} instead of {expected!r}")


def made_with() -> str:
    """What a prepared model depends on."""
    return f"1 scikit-learn {version('scikit-learn')} mlflow {version('mlflow')}"
