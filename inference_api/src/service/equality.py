"""Proof that a direct computation answers as the estimator's own method does."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

from src.service.answer import agree
from src.service.bundle import Bundle
from src.service.direct.computation import Computation
from src.service.direct.search import computation_of
from src.service.encoding import Encoder, MatrixEncoder
from src.service.model import MAX_REASON, compute_rows, predict_rows
from src.service.schema import Row, Schema

TOLERANCE: Final = 1e-9


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


def _difference(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder, computation: Computation) -> str:
    """The first difference, for rows alone and for all of them together; empty when there is none."""
    rows = schema.rows_of([check.row for check in bundle.checks])
    together = [[rows[place] for place in places] for places in encoder.groups(rows)]
    calls: list[Sequence[Row]] = [*([row] for row in rows), *together]
    proven = 0
    for call in calls:
        found, unknown = compute_rows(computation, encoder, call)
        wanted = predict_rows(estimator, bundle.predict_fn, encoder, call)
        for place, pair in enumerate(zip(found, wanted, strict=True)):
            if place in unknown:
                continue
            if not agree(*pair, TOLERANCE):
                return f"computed directly it answers {pair[0]}, by scikit-learn {pair[1]}"
            proven += 1
    return "" if proven else "the direct computation leaves every verification row to scikit-learn"
