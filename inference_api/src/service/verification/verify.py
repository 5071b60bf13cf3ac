"""Proof, before a model serves, that it answers as `mlflow.pyfunc` and the trainer did."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.direct.computation import Computation
from src.service.flavors.sklearn.sub_estimators import parts
from src.service.flavors.sklearn.version import both_versions
from src.service.prediction.candidate_encoders import frame_encoders, object_encoders
from src.service.prediction.encoders import Encoder, MatrixEncoder, SequenceEncoder
from src.service.prediction.model import MAX_REASON, compute_rows, predict_rows
from src.service.prediction.outputs import Answer, agree
from src.service.registry.bundle import Bundle, Check
from src.service.schema.validator import Schema
from src.service.verification.equivalence import BATCH_TOLERANCE, equal_computation, tolerance

WARM_UP_CALLS: Final = 5


@dataclass(frozen=True, slots=True)
class PredictionPath:
    """How a verified model is asked.

    Attributes:
        encoder: How rows reach it.
        seconds_per_call: Time of one warm call on one row.
        fallback_seconds: The same of the estimator's own method.
        computation: Its answers without its own `predict`, when they are equal.
        reason: Why these answers serve, or do not.
    """

    encoder: Encoder
    seconds_per_call: float
    fallback_seconds: float
    computation: Computation | None
    reason: str


def verified(bundle: Bundle, schema: Schema, estimator: Any) -> PredictionPath:
    """Choose the quickest way of asking that answers as `mlflow.pyfunc` did, and warm it up.

    Raises:
        ModelRefusedError: When no way gives the expected answers, or nothing is expected.
    """
    if not bundle.checks and not bundle.logged:
        raise ModelRefusedError(
            f"no answer of mlflow.pyfunc is known for this version ({both_versions(bundle.sklearn_version)})"
        )
    encoder = _encoder(bundle, schema, estimator)
    computation, reason = equal_computation(bundle, schema, estimator, encoder)
    shown = bundle.example if schema.fits(bundle.example) else (*bundle.checks, *bundle.logged)[0].row
    rows = schema.rows_of([shown])

    plain = _warm_up(lambda: predict_rows(estimator, bundle.predict_fn, encoder, rows))
    quick = plain if computation is None else _warm_up(lambda: compute_rows(computation, encoder, rows))
    return PredictionPath(encoder, quick, plain, computation, reason)


def _encoder(bundle: Bundle, schema: Schema, estimator: Any) -> Encoder:
    """The quickest encoder with which the estimator gives the expected answers."""
    if bundle.sequence:
        return _agreeing(bundle, schema, estimator, [SequenceEncoder()])
    if MatrixEncoder.fits(bundle.columns):
        matrix = MatrixEncoder(bundle.columns)
        bare = forget_names(estimator) if bundle.named else ()
        if not _disagreement(bundle, schema, estimator, matrix):
            return matrix
        for part, names in bare:
            part.feature_names_in_ = names
    encoders = frame_encoders(bundle.columns, estimator, named=bundle.named)
    arrays = [] if bundle.named else object_encoders(bundle.columns)
    return _agreeing(bundle, schema, estimator, [*encoders, *arrays])


def _agreeing(bundle: Bundle, schema: Schema, estimator: Any, encoders: Sequence[Encoder]) -> Encoder:
    """The first encoder with which the answers agree; the reason why the first does not is told when none does."""
    problems = []
    for encoder in encoders:
        problem = _disagreement(bundle, schema, estimator, encoder)
        if not problem:
            return encoder
        problems.append(problem)
    about = f" ({both_versions(bundle.sklearn_version)})"
    raise ModelRefusedError(problems[0][: MAX_REASON - len(about)] + about)


def forget_names(estimator: Any) -> tuple[tuple[Any, Any], ...]:
    """Take `feature_names_in_` from an estimator and those inside it, so that an array is not warned about.

    Returns:
        The parts with their names, to put back.
    """
    found = [
        (part, vars(part)["feature_names_in_"])
        for part in parts(estimator)
        if "feature_names_in_" in getattr(part, "__dict__", {})
    ]
    for part, _names in found:
        del part.feature_names_in_
    return tuple(found)


def _disagreement(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder) -> str:
    """The first difference from the answers of `mlflow.pyfunc` and of the trainer; empty when there is none."""
    for source, checks, allowed in (
        ("mlflow.pyfunc answers", bundle.checks, tolerance(bundle)),
        ("the trainer logged", bundle.logged, BATCH_TOLERANCE),  # it predicted the rows together
    ):
        for check in checks:
            try:
                found = _answer(bundle, schema, estimator, encoder, check)
            except Exception as error:  # noqa: BLE001 - an estimator may raise anything: it is the reason that is shown
                return f"for a row of its verification the model raises {_reason(error)}"[:MAX_REASON]
            if not agree(found, check.answer, allowed):
                return f"for a row of its verification the model answers {found}, {source} {check.answer}"[:MAX_REASON]
    return _dependence(bundle, schema, estimator, encoder)


def _answer(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder, check: Check) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's advice to the author; the comparison decides here
        return predict_rows(estimator, bundle.predict_fn, encoder, schema.rows_of([check.row]))[0]


def _dependence(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder) -> str:
    """Whether a row's answer changes with its neighbours in a batch; empty when it does not."""
    rows = schema.rows_of([check.row for check in bundle.checks])
    for places in encoder.groups(rows) if rows else []:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = predict_rows(estimator, bundle.predict_fn, encoder, [rows[place] for place in places])
            except Exception as error:  # noqa: BLE001 - as above
                return f"the model fails on several rows at once: {_reason(error)}"
        alone = [bundle.checks[place].answer for place in places]
        if not all(agree(*pair, BATCH_TOLERANCE) for pair in zip(found, alone, strict=True)):
            return "the model's answers depend on the rows that are predicted together"
    return ""


def _warm_up(ask: Callable[[], object]) -> float:
    fastest = float("inf")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(WARM_UP_CALLS):
            start = perf_counter()
            with suppress(Exception):  # an example that the model refuses still warms the way to it
                ask()
            fastest = min(fastest, perf_counter() - start)
    return fastest


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_REASON]
