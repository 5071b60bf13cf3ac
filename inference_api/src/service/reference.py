"""The answers of `mlflow.pyfunc` for a model's verification rows. Only the fetch child imports MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from src.service.answer import Answer, agree, answers, is_finite
from src.service.bundle import Check
from src.service.encoding import Encoder, FrameEncoder, MatrixEncoder
from src.service.schema import Schema
from src.service.signature import Signature


class Reference:
    """A model as `mlflow.pyfunc` loads and answers."""

    def __init__(self, folder: Path, signature: Signature) -> None:
        """Load the model through MLflow.

        Args:
            folder: The downloaded model, already audited: MLflow trusts what the model itself says.
            signature: Its input.
        """
        import mlflow.pyfunc  # noqa: PLC0415 - 100 MiB that only the fetch child carries
        from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION  # noqa: PLC0415

        MLFLOW_ALLOW_PICKLE_DESERIALIZATION.set(True)  # the audit came first, in src.service.loading
        self._model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
        self._encoder: Encoder = (
            MatrixEncoder(signature.columns)
            if signature.tensor
            else FrameEncoder(signature.columns, named=signature.named)
        )

    def checks(self, schema: Schema, rows: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
        """One check for each row that MLflow answers, always the same and with finite numbers."""
        found = []
        for row in rows:
            try:
                first, second = self._answer(schema, row), self._answer(schema, row)
            except Exception:  # noqa: BLE001, S112 - random rows may be outside what the model accepts: no check then
                continue
            if is_finite(first) and agree(first, second, 0.0):
                found.append(Check(row, first))
        return tuple(found)

    def _answer(self, schema: Schema, row: dict[str, Any]) -> Answer:
        return answers(self._model.predict(self._encoder.encode(schema.rows_of([row]))), 1)[0]
