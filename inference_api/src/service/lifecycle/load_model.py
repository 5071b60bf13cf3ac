"""A bundle becomes a model that may serve: loaded safely, proven to answer as MLflow does, and warm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from src.errors import ApiError, ModelRefusedError
from src.service.flavors.sklearn.loader import load_estimator
from src.service.flavors.sklearn.version import both_versions, served_with
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import MODEL_FOLDER, Bundle
from src.service.schema.validator import Schema
from src.service.verification.verify import verified


def load_model(bundle: Bundle, place: Path, *, allow_pickle: bool) -> LoadedModel:
    """Load a bundle's estimator, prove that it answers as MLflow does, and warm it up.

    Raises:
        ModelRefusedError: When it cannot be loaded safely or answers differently.
    """
    path = place / MODEL_FOLDER / bundle.model_file
    estimator = load_estimator(path, bundle.serialization_format, allow_pickle=allow_pickle)
    schema = Schema(bundle.columns, bundle.example)
    way = verified(bundle, schema, estimator)
    model = LoadedModel(
        bundle=bundle,
        schema=schema,
        estimator=estimator,
        encoder=way.encoder,
        seconds_per_call=way.seconds_per_call,
        loaded_at=datetime.now(UTC),
        warnings=_warnings(bundle),
        computation=way.computation,
        path_reason=way.reason,
        fallback_seconds=way.fallback_seconds,
    )
    example = _answered_example(model)
    return model if example == bundle.example else replace(model, schema=Schema(bundle.columns, example))


def _answered_example(model: LoadedModel) -> dict[str, Any]:
    """What is published as an example: the logged one, or the first verification row where the model refuses that.

    Raises:
        ModelRefusedError: When the model answers none of them.
    """
    rows = [model.bundle.example, *(check.row for check in model.bundle.checks)]
    for row in filter(model.schema.fits, rows):
        if not isinstance(model.predict(model.schema.rows_of([row]))[0], ApiError):
            return {name: value for name, value in row.items() if value is not None}
    raise ModelRefusedError("the model answers neither its input example nor a row of its verification")


def _warnings(bundle: Bundle) -> tuple[str, ...]:
    notes = []
    if bundle.sklearn_version and bundle.sklearn_version != served_with():
        notes.append(both_versions(bundle.sklearn_version))
    if len(bundle.checks) + len(bundle.logged) == 1:
        notes.append("verified with one row only: mlflow.pyfunc gave no repeatable finite answer for others")
    if not bundle.digest_verified:
        notes.append("the registry holds no digest (tag content_sha256) of this version")
    return tuple(notes)
