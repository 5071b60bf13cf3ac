"""Finds the probabilities of a model and checks them before they are served."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from src.errors import NoProbabilitiesError
from src.service.flavors.interface import Flavor
from src.service.prediction.method import MAX_REASON, EstimatorMethod, predict_rows
from src.service.prediction.outputs import Answer, agree
from src.service.prediction.probabilities import Classifier
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Row, Schema
from src.service.verification.equivalence import BATCH_TOLERANCE
from src.service.verification.verify import fastest_path

METHOD: Final = "predict_proba"
_ROUNDING: Final = 1e-6  # of probabilities in single precision


def find_classifier(
    flavor: Flavor, bundle: Bundle, schema: Schema, predict: EstimatorMethod
) -> tuple[Classifier | None, str]:
    """How the probabilities of a verified model are predicted, or None; and the reason.

    `mlflow.pyfunc` has no probabilities to compare with: the estimator's own method is the reference, of the same
    estimator whose predictions were compared.

    Args:
        flavor: The model's flavor.
        bundle: The verification rows.
        schema: The model's input.
        predict: The verified method that predicts.
    """
    try:
        labels = flavor.class_labels(predict.estimator)
        method = replace(predict, name=METHOD, computation=None)
        answers = _verified(bundle, schema, method, len(labels))
    except NoProbabilitiesError as error:
        return None, error.detail
    path = fastest_path(flavor, bundle, schema, method, answers)
    return Classifier.of(labels, path.method), path.reason


def _verified(bundle: Bundle, schema: Schema, method: EstimatorMethod, count: int) -> list[Answer]:
    """The probabilities of each verification row alone.

    Raises:
        NoProbabilitiesError: When they are not one number from 0 to 1 for each class, or depend on the other rows.
    """
    rows = schema.rows_of([check.row for check in (*bundle.checks, *bundle.logged)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the comparison decides
        try:
            alone = [predict_rows(method.estimator, method.name, method.encoder, [row])[0] for row in rows]
            together = _together(method, rows)
        except Exception as error:
            reason = f"{METHOD} raises {type(error).__name__}: {error}"
            raise NoProbabilitiesError(reason[:MAX_REASON]) from error
    for found in alone:
        if not isinstance(found, list) or len(found) != count or not all(map(_is_probability, found)):
            raise NoProbabilitiesError(f"{METHOD} does not give one number from 0 to 1 for each of {count} classes")
    if not all(agree(*pair, BATCH_TOLERANCE) for pair in zip(alone, together, strict=True)):
        raise NoProbabilitiesError(f"{METHOD} depends on the rows that are predicted together")
    return alone[: len(bundle.checks)]


def _together(method: EstimatorMethod, rows: Sequence[Row]) -> list[Answer]:
    found: list[Any] = [None] * len(rows)
    for indices in method.encoder.groups(rows) if rows else []:
        answers = predict_rows(method.estimator, method.name, method.encoder, [rows[index] for index in indices])
        for index, answer in zip(indices, answers, strict=True):
            found[index] = answer
    return found


def _is_probability(value: Answer) -> bool:
    return isinstance(value, float) and -_ROUNDING <= value <= 1.0 + _ROUNDING
