"""The answers of `mlflow.pyfunc` for a model's verification rows. Only the fetch child imports MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.loader import audited_skops_files
from src.service.prediction.candidate_encoders import pyfunc_encoders
from src.service.prediction.encoders import Encoder
from src.service.prediction.outputs import Answer, agree, answers, is_finite, is_json
from src.service.registry.bundle import Check
from src.service.schema.signature import Signature
from src.service.schema.validator import Row, Schema

MAX_REASON: Final = 300


class PyfuncReference:
    """A model as `mlflow.pyfunc` loads and answers.

    Attributes:
        reason: Why the first row that has no reference answer has none; empty while each has one.
    """

    def __init__(self, folder: Path, estimator: Any, method: str = "predict") -> None:
        """Load the model through MLflow.

        Args:
            folder: The downloaded model. MLflow trusts what the model itself says; a skops file is audited here again.
            estimator: The same model as the service loads it.
            method: Its method that answers.

        Raises:
            ModelRefusedError: When MLflow cannot load it.
        """
        import mlflow.pyfunc  # noqa: PLC0415 - 100 MiB that only the fetch child carries
        from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION  # noqa: PLC0415
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        MLFLOW_ALLOW_PICKLE_DESERIALIZATION.set(True)  # the audit came first, in src.service.flavors.sklearn.loader
        try:
            with audited_skops_files():
                self._model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
        except ModelRefusedError:
            raise
        except Exception as error:
            raise ModelRefusedError(f"mlflow.pyfunc cannot load the model: {reason_of(error)}") from error
        self._conversion_error = MlflowException
        self._estimator = estimator
        self._method = method
        self.reason = ""

    def checks(self, signature: Signature, schema: Schema, rows: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
        """One check for each row that has an answer, always the same and with finite numbers.

        MLflow's own conversion refuses rows that the model answers: it makes int64 of an optional `long`, which cannot
        be missing then. Such rows are asked of the model itself, as long as MLflow answers others.
        """
        self.reason = ""
        encoders = pyfunc_encoders(signature, self._estimator)
        by_pyfunc: list[Check] = []
        by_estimator: list[Check] = []
        for row, (values,) in ((row, schema.rows_of([row])) for row in rows if schema.fits(row)):
            answer, refused = self._by_pyfunc(encoders, values)
            if answer is not None:
                by_pyfunc.append(Check(row, answer))
            elif refused:
                answer = self._by_estimator(encoders, values)
                if answer is not None:
                    by_estimator.append(Check(row, answer))
        return (*by_pyfunc, *by_estimator) if by_pyfunc else ()

    def has_answer(self, signature: Signature, row: dict[str, Any]) -> bool:
        """Whether a row of such columns is answered."""
        schema = Schema(signature.columns, {})
        return (
            schema.fits(row)
            and self._by_pyfunc(pyfunc_encoders(signature, self._estimator), schema.rows_of([row])[0])[0] is not None
        )

    def _by_pyfunc(self, encoders: Sequence[Encoder], values: Row) -> tuple[Answer | None, bool]:
        """The answer, if any, and whether it was MLflow's conversion that refused the row."""
        refused = False
        for encoder in encoders if None in values else encoders[:1]:
            try:
                answer = self._twice(self._model.predict, encoder, values)
            except self._conversion_error as error:
                refused = True
                self.reason = self.reason or reason_of(error)
            except Exception as error:  # noqa: BLE001 - a row may be outside what the model accepts: no check then
                self.reason = self.reason or reason_of(error)
            else:
                if answer is not None:
                    return answer, False
        return None, refused

    def _by_estimator(self, encoders: Sequence[Encoder], values: Row) -> Answer | None:
        for encoder in encoders:
            try:
                answer = self._twice(getattr(self._estimator, self._method), encoder, values)
            except Exception as error:  # noqa: BLE001 - as above
                self.reason = self.reason or reason_of(error)
            else:
                return answer
        return None

    def _twice(self, predict: Any, encoder: Encoder, values: Row) -> Answer | None:
        """The answer when it is finite and the same twice."""
        first, second = (answers(predict(encoder.encode([values])), 1)[0] for _ in range(2))
        if not is_finite(first):
            self.reason = self.reason or "the prediction is not a finite number"
        elif not is_json(first):
            self.reason = self.reason or f"the prediction is of type {type(first).__name__}, which JSON cannot hold"
        elif not agree(first, second, 0.0):
            self.reason = self.reason or "the model answers the same row differently each time"
        else:
            return first
        return None


def reason_of(error: Exception) -> str:
    """An error in one line: its type and what it says."""
    text = str(error)
    # MLflow shows the whole table, and says what is wrong with it in the end.
    said = text.rpartition("Error: ")[2] if "Failed to enforce schema" in text else text
    return f"{type(error).__name__}: {' '.join(said.split())}"[:MAX_REASON].rstrip(": ")
