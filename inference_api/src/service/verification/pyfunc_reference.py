"""The predictions of `mlflow.pyfunc` for verification rows. Only the fetch process imports MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.interface import Flavor
from src.service.prediction.candidate_encoders import pyfunc_encoders
from src.service.prediction.encoders import Encoder
from src.service.prediction.outputs import Answer, agree, is_finite, is_json, unpack_answers
from src.service.registry.bundle import Check
from src.service.schema.signature import Signature
from src.service.schema.validator import Row, Schema

MAX_REASON: Final = 300


class PyfuncReference:
    """A model as `mlflow.pyfunc` loads it.

    Attributes:
        reason: Why the first row without a reference prediction has none; empty while every row has one.
    """

    def __init__(self, flavor: Flavor, folder: Path, estimator: Any, method: str = "predict") -> None:
        """Load the model through MLflow.

        Args:
            flavor: The model's flavor. MLflow trusts what the model says about itself; the flavor audits the file.
            folder: The downloaded model.
            estimator: The same model as the service loads it.
            method: Its method that predicts.

        Raises:
            ModelRefusedError: When MLflow cannot load it.
        """
        import mlflow.pyfunc  # noqa: PLC0415 - 100 MiB that only the fetch process needs
        from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION  # noqa: PLC0415
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        MLFLOW_ALLOW_PICKLE_DESERIALIZATION.set(True)  # the flavor has loaded the model before, with its own rules
        try:
            with flavor.pyfunc_audit():
                self._model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
        except ModelRefusedError:
            raise
        except Exception as error:
            raise ModelRefusedError(f"mlflow.pyfunc cannot load the model: {reason_of(error)}") from error
        self._flavor = flavor
        self._conversion_error = MlflowException
        self._estimator = estimator
        self._method = method
        self.reason = ""

    def checks(self, signature: Signature, schema: Schema, rows: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
        """One check for each row with a prediction that is finite and the same each time.

        MLflow's conversion refuses some rows that the model accepts: it converts an optional `long` to int64, which
        has no missing values. The estimator itself predicts such rows, provided that MLflow accepts others.
        """
        self.reason = ""
        encoders = self._encoders(signature)
        by_pyfunc: list[Check] = []
        by_estimator: list[Check] = []
        for row, (values,) in ((row, schema.rows_of([row])) for row in rows if schema.fits(row)):
            answer, refused = self._predict_by_pyfunc(encoders, values)
            if answer is not None:
                by_pyfunc.append(Check(row, answer))
            elif refused:
                answer = self._predict_by_estimator(encoders, values)
                if answer is not None:
                    by_estimator.append(Check(row, answer))
        return (*by_pyfunc, *by_estimator) if by_pyfunc else ()

    def has_answer(self, signature: Signature, row: dict[str, Any]) -> bool:
        """Whether MLflow has a finite and repeatable prediction for a row of such columns."""
        schema = Schema(signature.columns, {})
        if not schema.fits(row):
            return False
        answer, _refused = self._predict_by_pyfunc(self._encoders(signature), schema.rows_of([row])[0])
        return answer is not None

    def _encoders(self, signature: Signature) -> list[Encoder]:
        fitted = self._flavor.fitted_columns(self._estimator, len(signature.columns))
        return pyfunc_encoders(signature, [column.markers for column in fitted])

    def _predict_by_pyfunc(self, encoders: Sequence[Encoder], values: Row) -> tuple[Answer | None, bool]:
        """The prediction, if any, and whether MLflow's conversion refused the row."""
        refused = False
        for encoder in encoders if None in values else encoders[:1]:
            try:
                answer = self._predict_twice(self._model.predict, encoder, values)
            except self._conversion_error as error:
                refused = True
                self.reason = self.reason or reason_of(error)
            except Exception as error:  # noqa: BLE001 - a row may be outside what the model accepts: no check then
                self.reason = self.reason or reason_of(error)
            else:
                if answer is not None:
                    return answer, False
        return None, refused

    def _predict_by_estimator(self, encoders: Sequence[Encoder], values: Row) -> Answer | None:
        for encoder in encoders:
            try:
                answer = self._predict_twice(getattr(self._estimator, self._method), encoder, values)
            except Exception as error:  # noqa: BLE001 - as above
                self.reason = self.reason or reason_of(error)
            else:
                return answer
        return None

    def _predict_twice(self, predict: Any, encoder: Encoder, values: Row) -> Answer | None:
        """The prediction if it is finite and two calls agree."""
        first, second = (unpack_answers(predict(encoder.encode([values])), 1)[0] for _ in range(2))
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
    """An error's type and message in one line."""
    text = str(error)
    # MLflow prints the whole table before the cause.
    cause = text.rpartition("Error: ")[2] if "Failed to enforce schema" in text else text
    return f"{type(error).__name__}: {' '.join(cause.split())}"[:MAX_REASON].rstrip(": ")
