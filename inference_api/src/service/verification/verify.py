"""Checks, before a model serves, that it predicts what `mlflow.pyfunc` and the trainer did."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.interface import Flavor
from src.service.flavors.versions import both_versions
from src.service.prediction.candidate_encoders import frame_encoders, object_encoders
from src.service.prediction.encoders import Encoder, MatrixEncoder, SequenceEncoder
from src.service.prediction.method import MAX_REASON, EstimatorMethod, compute_rows, predict_rows
from src.service.prediction.outputs import Answer, agree
from src.service.registry.bundle import Bundle, Check
from src.service.schema.validator import Schema
from src.service.verification.equivalence import BATCH_TOLERANCE, equivalent_computation, tolerance

WARM_UP_CALLS: Final = 5


@dataclass(frozen=True, slots=True)
class PredictionPath:
    """How a verified model predicts.

    Attributes:
        method: The verified method.
        seconds_per_call: Time of one warm call on one row.
        fallback_seconds: The same for the estimator's own method.
        reason: Why the direct computation serves, or why not.
    """

    method: EstimatorMethod
    seconds_per_call: float
    fallback_seconds: float
    reason: str


def verify_model(flavor: Flavor, bundle: Bundle, schema: Schema, estimator: Any) -> PredictionPath:
    """Choose the fastest path with the predictions of `mlflow.pyfunc`, and warm it up.

    Args:
        flavor: The model's flavor.
        bundle: The verification rows with their expected predictions.
        schema: The model's input.
        estimator: The loaded estimator.

    Raises:
        ModelRefusedError: When no path gives the expected predictions, or none are known.
    """
    if not bundle.checks and not bundle.logged:
        raise ModelRefusedError(
            f"no answer of mlflow.pyfunc is known for this version ({both_versions(flavor, bundle.library_version)})"
        )
    method = EstimatorMethod(estimator, bundle.predict_fn, _encoder(flavor, bundle, schema, estimator))
    return fastest_path(flavor, bundle, schema, method, [check.answer for check in bundle.checks])


def fastest_path(
    flavor: Flavor, bundle: Bundle, schema: Schema, method: EstimatorMethod, answers: Sequence[Answer]
) -> PredictionPath:
    """The method with its direct computation where there is an equivalent one, warmed up.

    Args:
        flavor: The model's flavor.
        bundle: The verification rows.
        schema: The model's input.
        method: A method of the estimator, verified or trusted.
        answers: What it predicts for each verification row alone.
    """
    computation, reason = equivalent_computation(flavor, bundle, schema, method, answers)
    shown = bundle.example if schema.fits(bundle.example) else (*bundle.checks, *bundle.logged)[0].row
    rows = schema.rows_of([shown])

    fallback_seconds = _warm_up(lambda: predict_rows(method.estimator, method.name, method.encoder, rows))
    seconds = fallback_seconds
    if computation is not None:
        seconds = _warm_up(lambda: compute_rows(computation, method.encoder, rows))
    return PredictionPath(replace(method, computation=computation), seconds, fallback_seconds, reason)


def _encoder(flavor: Flavor, bundle: Bundle, schema: Schema, estimator: Any) -> Encoder:
    """The fastest encoder with which the estimator gives the expected predictions."""
    if bundle.sequence:
        return _first_verified(flavor, bundle, schema, estimator, [SequenceEncoder()])
    if MatrixEncoder.fits(bundle.columns):
        matrix = MatrixEncoder(bundle.columns)
        undo = flavor.accept_arrays(estimator) if bundle.named else None
        if not _difference(bundle, schema, estimator, matrix):
            return matrix
        if undo is not None:
            undo()
    markers = [column.markers for column in flavor.fitted_columns(estimator, len(bundle.columns))]
    encoders = frame_encoders(bundle.columns, markers, named=bundle.named)
    arrays = [] if bundle.named else object_encoders(bundle.columns)
    return _first_verified(flavor, bundle, schema, estimator, [*encoders, *arrays])


def _first_verified(
    flavor: Flavor, bundle: Bundle, schema: Schema, estimator: Any, encoders: Sequence[Encoder]
) -> Encoder:
    """The first encoder that gives the expected predictions; when none does, the error is that of the first one."""
    problems = []
    for encoder in encoders:
        problem = _difference(bundle, schema, estimator, encoder)
        if not problem:
            return encoder
        problems.append(problem)
    versions = f" ({both_versions(flavor, bundle.library_version)})"
    raise ModelRefusedError(problems[0][: MAX_REASON - len(versions)] + versions)


def _difference(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder) -> str:
    """The first difference from the predictions of `mlflow.pyfunc` and of the trainer; empty when there is none."""
    for source, checks, allowed in (
        ("mlflow.pyfunc answers", bundle.checks, tolerance(bundle)),
        ("the trainer logged", bundle.logged, BATCH_TOLERANCE),  # it predicted the rows together
    ):
        for check in checks:
            try:
                found = _predict(bundle, schema, estimator, encoder, check)
            except Exception as error:  # noqa: BLE001 - an estimator may raise anything; it becomes the reason
                return f"for a row of its verification the model raises {_reason(error)}"[:MAX_REASON]
            if not agree(found, check.answer, allowed):
                return f"for a row of its verification the model answers {found}, {source} {check.answer}"[:MAX_REASON]
    return _batch_dependence(bundle, schema, estimator, encoder)


def _predict(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder, check: Check) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns the author of the model; here the comparison decides
        return predict_rows(estimator, bundle.predict_fn, encoder, schema.rows_of([check.row]))[0]


def _batch_dependence(bundle: Bundle, schema: Schema, estimator: Any, encoder: Encoder) -> str:
    """Why the model cannot be batched: its prediction for a row depends on other rows; empty when it can."""
    rows = schema.rows_of([check.row for check in bundle.checks])
    for indices in encoder.groups(rows) if rows else []:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = predict_rows(estimator, bundle.predict_fn, encoder, [rows[index] for index in indices])
            except Exception as error:  # noqa: BLE001 - as above
                return f"the model fails on several rows at once: {_reason(error)}"
        alone = [bundle.checks[index].answer for index in indices]
        if not all(agree(*pair, BATCH_TOLERANCE) for pair in zip(found, alone, strict=True)):
            return "the model's answers depend on the rows that are predicted together"
    return ""


def _warm_up(predict: Callable[[], object]) -> float:
    """Time of the fastest of some calls."""
    fastest = float("inf")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(WARM_UP_CALLS):
            start = perf_counter()
            with suppress(Exception):  # an example that the model refuses warms up the code before it
                predict()
            fastest = min(fastest, perf_counter() - start)
    return fastest


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_REASON]
