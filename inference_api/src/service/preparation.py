"""A bundle becomes a model that may serve: loaded safely, proven to answer as MLflow does, and warm."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from src.service.bundle import MODEL_FOLDER, Bundle
from src.service.loading import load_estimator
from src.service.model import LoadedModel
from src.service.schema import Schema
from src.service.verification import verified


def load_model(bundle: Bundle, place: Path, *, allow_pickle: bool) -> LoadedModel:
    """Load a bundle's estimator, prove that it answers as MLflow does, and warm it up.

    Raises:
        ModelRefusedError: When it cannot be loaded safely or answers differently.
    """
    path = place / MODEL_FOLDER / bundle.model_file
    estimator = load_estimator(path, bundle.serialization_format, allow_pickle=allow_pickle)
    schema = Schema(bundle.columns, bundle.example)
    way = verified(bundle, schema, estimator)
    return LoadedModel(
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


def _warnings(bundle: Bundle) -> tuple[str, ...]:
    import sklearn  # noqa: PLC0415 - loaded with the first model, not before

    notes = []
    if bundle.sklearn_version and bundle.sklearn_version != sklearn.__version__:
        notes.append(f"saved with scikit-learn {bundle.sklearn_version}, served with {sklearn.__version__}")
    if not bundle.checks:
        notes.append("no verification row: mlflow.pyfunc gave no repeatable finite answer for any")
    if not bundle.digest_verified:
        notes.append("the registry holds no digest (tag content_sha256) of this version")
    return tuple(notes)
