"""The probabilities of a classifier's classes, beside its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from pydantic_core import to_json

from src.service.prediction.method import EstimatorMethod
from src.service.prediction.outputs import Answer


class ClassProbabilities(NamedTuple):
    """What a classifier predicts for one row.

    Attributes:
        prediction: The answer of the model's `predict`.
        probabilities: One number for each class, in the order of the classes.
    """

    prediction: Answer
    probabilities: list[float]


@dataclass(frozen=True, slots=True)
class Classifier:
    """The classes of a model, and how their probabilities are predicted.

    Attributes:
        labels: The classes as the estimator knows them, in the order of its probabilities.
        names: The same as keys of a JSON object.
        method: Predicts the probabilities.
    """

    labels: tuple[Any, ...]
    names: tuple[str, ...]
    method: EstimatorMethod

    @classmethod
    def of(cls, labels: Sequence[Any], method: EstimatorMethod) -> Self:
        """The classifier with these classes."""
        return cls(tuple(labels), tuple(_key(label) for label in labels), method)


def _key(label: Any) -> str:
    """A class as the key of a JSON object: a text as it is, anything else as its JSON text."""
    return label if isinstance(label, str) else to_json(label, fallback=str).decode().strip('"')
