"""A verified model in memory, with one outcome for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from src.errors import ApiError, NoProbabilitiesError
from src.failure_log import FailureLog
from src.service.feature_profile import FeatureProfile
from src.service.prediction.encoders import Encoder
from src.service.prediction.method import EstimatorMethod
from src.service.prediction.outputs import Answer
from src.service.prediction.probabilities import Classifier, ClassProbabilities
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Row, Schema

Outcome = Answer | ClassProbabilities | ApiError
"""The result for one row: its prediction, with its probabilities where they are wanted, or its error."""

DIRECT: Final = "direct"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model version that serves.

    Attributes:
        bundle: The version's description.
        schema: The schema of its rows.
        method: Predicts.
        seconds_per_call: Time of one warm call on one row, on the path that serves.
        loaded_at: When it was loaded, UTC.
        warnings: For the operator, such as a different version of scikit-learn.
        path_reason: Why this path serves.
        fallback_seconds: Time of one warm call of the estimator, which predicts rows that the computation cannot.
        classifier: The classes and how their probabilities are predicted; None for a model without probabilities.
        probabilities_reason: Why the probabilities are computed in this way, or why there are none.
        library_name: Name of the library of the estimator.
        profile: The distribution of the training rows; None without one.
        profile_reason: Why there is none.
    """

    bundle: Bundle
    schema: Schema
    method: EstimatorMethod
    seconds_per_call: float
    loaded_at: datetime
    warnings: tuple[str, ...] = ()
    path_reason: str = ""
    fallback_seconds: float = 0.0
    classifier: Classifier | None = None
    probabilities_reason: str = ""
    library_name: str = "scikit-learn"
    profile: FeatureProfile | None = None
    profile_reason: str = ""

    @property
    def estimator(self) -> Any:
        """The fitted estimator."""
        return self.method.estimator

    @property
    def encoder(self) -> Encoder:
        """Makes the estimator's input from rows."""
        return self.method.encoder

    @property
    def failures(self) -> FailureLog:
        """Unexpected exceptions that were logged."""
        return self.method.failures

    @property
    def path(self) -> str:
        """Name of the path that serves, for `GET /model`."""
        return self.library_name if self.method.computation is None else DIRECT

    def required_classifier(self) -> Classifier:
        """The classifier, for a request that wants probabilities.

        Raises:
            NoProbabilitiesError: When the model has none; says why.
        """
        if self.classifier is None:
            raise NoProbabilitiesError(f"the model has no probabilities: {self.probabilities_reason}")
        return self.classifier

    def predict(self, rows: Sequence[Row]) -> list[Outcome]:
        """Predict many rows in as few calls as they allow.

        Args:
            rows: Validated by `schema`.

        Returns:
            One outcome per row, in order: its prediction, or its own error.
        """
        return self.method.predict(rows)

    def predict_with_probabilities(self, rows: Sequence[Row]) -> list[Outcome]:
        """The same, each prediction as `ClassProbabilities`.

        Raises:
            NoProbabilitiesError: When the model has none.
        """
        answers, found = self.method.predict(rows), self.required_classifier().method.predict(rows)
        return [_together(*pair) for pair in zip(answers, found, strict=True)]

    def failed(self, error: Exception) -> ApiError:
        """The error for a row when the model fails for a reason that is not the input; it is logged."""
        return self.method.failed(error)


def _together(answer: Answer | ApiError, probabilities: Any) -> Outcome:
    if isinstance(answer, ApiError):
        return answer
    return probabilities if isinstance(probabilities, ApiError) else ClassProbabilities(answer, probabilities)
