"""Checks that a direct computation predicts the same as the estimator's own method."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

from src.service.flavors.computation import Computation
from src.service.flavors.interface import Flavor
from src.service.flavors.table import FLAVORS
from src.service.prediction.encoders import MatrixEncoder
from src.service.prediction.method import MAX_REASON, EstimatorMethod, compute_rows, predict_rows
from src.service.prediction.outputs import Answer, agree
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Schema
from src.service.verification.row_threshold import with_threshold

TOLERANCE: Final = 1e-9
# For single-precision sums in another order; the predictions of a model that mixes its rows differ far more.
BATCH_TOLERANCE: Final = 1e-5


def equivalent_computation(
    flavor: Flavor, bundle: Bundle, schema: Schema, method: EstimatorMethod, answers: Sequence[Answer]
) -> tuple[Computation | None, str]:
    """The computation that may serve instead of a method of the estimator, or None; and the reason.

    Args:
        flavor: The model's flavor, which knows the computations.
        bundle: The model's verification rows.
        schema: Its input.
        method: The method, already verified.
        answers: What it predicts for each verification row alone.
    """
    named = f"{flavor.estimator_name(method.estimator)}.{method.name}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the comparison decides
        try:
            computation = flavor.direct_computation(method.estimator, method.name, bundle.columns)
            if computation is None or (computation.extract is None and not isinstance(method.encoder, MatrixEncoder)):
                return None, f"no direct computation of this {named} is known"
            if not bundle.checks:
                return None, "there is no verification row to prove a direct computation with"
            difference = _difference(bundle, schema, method, answers, computation)
            if not difference:
                rows = schema.rows_of([check.row for check in bundle.checks])
                computation = with_threshold(computation, method.encoder, rows)
        except Exception as error:  # noqa: BLE001 - attributes of another version, or of an unforeseen way of fitting
            return None, f"the direct computation of {named} fails: {type(error).__name__}: {error}"[:MAX_REASON]
    if difference:
        return None, difference[:MAX_REASON]
    return computation, f"{named} computed from its fitted attributes gave equal answers for {len(bundle.checks)} rows"


def tolerance(bundle: Bundle) -> float:
    """The largest accepted difference from the prediction of `mlflow.pyfunc` for a single row.

    The order of a sum depends on the processor and on the memory layout of an array, which changes the result in
    single precision.
    """
    single = FLAVORS[bundle.flavor].single_precision or any(
        column.dtype in {"float16", "float32"} for column in bundle.columns
    )
    return BATCH_TOLERANCE if single else TOLERANCE


def _difference(
    bundle: Bundle, schema: Schema, method: EstimatorMethod, answers: Sequence[Answer], computation: Computation
) -> str:
    """The first difference, for each row alone and for all of them together; empty when there is none."""
    rows = schema.rows_of([check.row for check in bundle.checks])
    compared = 0
    encoder = method.encoder
    for row, answer in zip(rows, answers, strict=True):
        found, unknown = compute_rows(computation, encoder, [row])
        if not unknown:
            compared += 1
            if not agree(found[0], answer, tolerance(bundle)):
                return f"computed directly a row's answer is {found[0]} instead of {answer}"
    for indices in encoder.groups(rows):
        together = [rows[index] for index in indices]
        found, unknown = compute_rows(computation, encoder, together)
        expected = predict_rows(method.estimator, method.name, encoder, together)
        for index, pair in enumerate(zip(found, expected, strict=True)):
            if index not in unknown and not agree(*pair, TOLERANCE):
                return f"computed directly an answer of several is {pair[0]} instead of {pair[1]}"
    return "" if compared else "the direct computation leaves every verification row to the estimator"
