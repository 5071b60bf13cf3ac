"""A model's files for every server, with rows to send and the expected predictions."""

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
# The pipeline's predictions for one row and for a batch may differ by rounding.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model that was prepared for all servers.

    Attributes:
        name: Its name in the registry and on the command line.
        folder: Folder of its files.
        mlflow: Folder of the MLflow model.
        joblib: File with the estimator alone.
        columns: Names of the input's columns.
        rows: Rows to send.
        answers: The predictions of `mlflow.pyfunc` for the rows.
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
        """Read a prepared model; None when it is missing or was made with other versions of the libraries."""
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
        """Compare a server's predictions with the expected ones.

        Args:
            given: The server's predictions for the rows from index `first` on.
            first: Index of the first row.

        Raises:
            ServerFailedError: A prediction differs.
        """
        for position, answer in enumerate(given, first):
            expected = self.answers[position]
            number = isinstance(answer, int | float) and not isinstance(answer, bool)
            if not number or not math.isclose(answer, expected, rel_tol=_TOLERANCE):
                raise ServerFailedError(f"row {position} of {self.name}: {answer!r} instead of {expected!r}")


def made_with() -> str:
    """The versions that a prepared model depends on; the number is that of the files' format."""
    return f"1 scikit-learn {version('scikit-learn')} mlflow {version('mlflow')}"
