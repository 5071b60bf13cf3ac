"""Makes a model that may serve from a bundle: loads it safely, verifies it and warms it up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from src.errors import ApiError, ModelRefusedError
from src.service.drift.model_profile import profile_of
from src.service.feature_profile import FeatureProfile, ProfileError
from src.service.flavors.interface import Flavor
from src.service.flavors.table import installed_flavor
from src.service.flavors.versions import both_versions
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import MODEL_FOLDER, Bundle
from src.service.schema.validator import Schema
from src.service.verification.probabilities import find_classifier
from src.service.verification.verify import verify_model


def load_model(bundle: Bundle, folder: Path, *, allow_pickle: bool) -> LoadedModel:
    """Load a bundle's estimator, verify that it predicts as MLflow does, and warm it up.

    Args:
        bundle: The description of the model.
        folder: The bundle's folder.
        allow_pickle: Whether formats that run code may be loaded.

    Raises:
        ModelRefusedError: When it cannot be loaded safely or predicts something else.
    """
    flavor = installed_flavor(bundle.flavor)
    estimator = flavor.load(folder / MODEL_FOLDER, bundle.file, allow_pickle=allow_pickle)
    schema = Schema(bundle.columns, bundle.example)
    path = verify_model(flavor, bundle, schema, estimator)
    profile, profile_reason = _profile(folder / MODEL_FOLDER, bundle)
    classifier, probabilities_reason = find_classifier(flavor, bundle, schema, path.method)
    model = LoadedModel(
        bundle=bundle,
        schema=schema,
        method=path.method,
        seconds_per_call=path.seconds_per_call,
        loaded_at=datetime.now(UTC),
        warnings=_warnings(flavor, bundle),
        path_reason=path.reason,
        fallback_seconds=path.fallback_seconds,
        classifier=classifier,
        probabilities_reason=probabilities_reason,
        library_name=flavor.library_name,
        profile=profile,
        profile_reason=profile_reason,
    )
    example = _accepted_example(model)
    return model if example == bundle.example else replace(model, schema=Schema(bundle.columns, example))


def _accepted_example(model: LoadedModel) -> dict[str, Any]:
    """The example to publish: the logged one, or the first verification row when the model refuses that.

    Raises:
        ModelRefusedError: When the model refuses all of them.
    """
    rows = [model.bundle.example, *(check.row for check in model.bundle.checks)]
    for row in filter(model.schema.fits, rows):
        if not isinstance(model.predict(model.schema.rows_of([row]))[0], ApiError):
            return {name: value for name, value in row.items() if value is not None}
    raise ModelRefusedError("the model answers neither its input example nor a row of its verification")


def _profile(folder: Path, bundle: Bundle) -> tuple[FeatureProfile | None, str]:
    """The profile of the training rows, or the reason for which there is none."""
    try:
        return profile_of(folder, bundle.columns), ""
    except ProfileError as error:
        return None, str(error)


def _warnings(flavor: Flavor, bundle: Bundle) -> tuple[str, ...]:
    notes = []
    if bundle.library_version and bundle.library_version != flavor.installed_version():
        notes.append(both_versions(flavor, bundle.library_version))
    if len(bundle.checks) + len(bundle.logged) == 1:
        notes.append("verified with one row only: mlflow.pyfunc gave no repeatable finite answer for others")
    if not bundle.digest_verified:
        notes.append("the registry holds no digest (tag content_sha256) of this version")
    return tuple(notes)
