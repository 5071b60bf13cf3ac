"""Proof that a direct computation answers as the estimator's own method does."""

from __future__ import annotations

import warnings
from typing import Any, Final

from src.service.flavors.sklearn.direct.computation import Computation
from src.service.flavors.sklearn.direct.lookup import computation_of
from src.service.prediction.encoders import Encoder, MatrixEncoder
from src.service.prediction.model import MAX_REASON, compute_rows, predict_rows
from src.service.prediction.outputs import agree
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Schema

TOLERANCE: Final = 1e-9
# Single-precision sums of another order; a model that really mixes its rows is off by far more.
BATCH_TOLERANCE: Final = 1e-5


def equal_computation(
    bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder
) -> tuple[Computation | None, str]:
    """The computation that may serve instead of the estimator, if any, and why it does or does not.

    Args:
        bundle: The model's verification rows with the answers of `mlflow.pyfunc`.
        schema: Its input.
        estimator: Verified already.
        encoder: The verified way to it.
    """
    method = f"{type(estimator).__name__}.{bundle.predict_fn}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the comparison decides
        try:
            computation = computation_of(estimator, bundle.predict_fn, bundle.columns)
            if computation is None or (computation.gather is None and not isinstance(encoder, MatrixEncoder)):
                return None, f"no direct computation of this {method} is known"
            if not bundle.checks:
                return None, "there is no verification row to prove a direct computation with"
            difference = _difference(bundle, schema, estimator, encoder, computation)
        except Exception as error:  # noqa: BLE001 - fitted by another version, or in a way that nobody thought of
            return None, f"the direct computation of {method} fails: {type(error).__name__}: {error}"[:MAX_REASON]
    if difference:
        return None, difference[:MAX_REASON]
    return computation, f"{method} computed from its fitted attributes gave equal answers for {len(bundle.checks)} rows"


def tolerance(bundle: Bundle) -> float:
    """How far the answer for a single row may be from that of `mlflow.pyfunc`.

    Which order a sum has depends on the processor and on how an array lies in memory: single precision shows it.
    """
    single = any(column.dtype in {"float16", "float32"} for column in bundle.columns)
    return BATCH_TOLERANCE if single else TOLERANCE


def _difference(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder, computation: Computation) -> str:
    """The first difference, for rows alone and for all of them together; empty when there is none."""
    rows = schema.rows_of([check.row for check in bundle.checks])
    proven = 0
    for row, check in zip(rows, bundle.checks, strict=True):
        found, unknown = compute_rows(computation, encoder, [row])
        if not unknown:
            proven += 1
            if not agree(found[0], check.answer, tolerance(bundle)):
                return f"computed directly a row's answer is {found[0]} instead of {check.answer}"
    for places in encoder.groups(rows):
        together = [rows[place] for place in places]
        found, unknown = compute_rows(computation, encoder, together)
        wanted = predict_rows(estimator, bundle.predict_fn, encoder, together)
        for place, pair in enumerate(zip(found, wanted, strict=True)):
            if place not in unknown and not agree(*pair, TOLERANCE):
                return f"computed directly an answer of several is {pair[0]} instead of {pair[1]}"
    return "" if proven else "the direct computation leaves every verification row to scikit-learn"
