"""The response of `GET /model`."""

from __future__ import annotations

from typing import Any

from src.service.challenger.status import ChallengerStatus
from src.service.drift.model_profile import choices_of
from src.service.drift.monitor import DriftMonitor
from src.service.flavors.table import FLAVORS
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.model import LoadedModel
from src.settings import Settings


def describe(serving: ServingState, settings: Settings) -> dict[str, Any]:
    """Describe the model that serves, or the one that is expected, as a JSON object.

    Args:
        serving: The current serving state.
        settings: The service's settings.
    """
    error = serving.last_error
    warnings = [serving.cache_problem] if serving.cache_problem else []
    about: dict[str, Any] = {
        "name": settings.registered_model_name,
        "alias": settings.model_alias,
        "version": None,
        "ready": serving.batcher is not None,
        "last_reload_error": error and {"error": error.kind, "detail": error.detail, "at": error.at.isoformat()},
        "challenger": _challenger(serving.challenger_status, settings),
        "warnings": warnings,
    }
    if serving.prediction_log is not None:
        about["prediction_log"] = serving.prediction_log.describe()
    if serving.batcher is None:
        return about
    model = serving.batcher.model
    bundle, classifier = model.bundle, model.classifier
    return {
        **about,
        "version": bundle.version,
        "run_id": bundle.run_id,
        "flavor": bundle.flavor,
        "estimator": FLAVORS[bundle.flavor].estimator_name(model.estimator),
        "serialization_format": bundle.serialization_format,
        "signature": [
            {"name": column.name, "type": column.kind, "dtype": column.dtype, "required": column.required}
            for column in bundle.columns
        ],
        "example": model.schema.example,
        "predict_fn": bundle.predict_fn,
        "loaded_since": model.loaded_at.isoformat(),
        "content_sha256": bundle.content_sha256,
        "digest_verified": bundle.digest_verified,
        "verified_rows": len(bundle.checks) + len(bundle.logged),
        "input_path": model.encoder.path,
        "predict_path": model.path,
        "predict_path_reason": model.path_reason,
        "outputs": ["prediction"] if classifier is None else ["prediction", "probabilities"],
        "classes": None if classifier is None else list(classifier.names),
        "probabilities_reason": model.probabilities_reason,
        "drift": _drift(serving.drift, model),
        "choices": {} if model.profile is None else choices_of(model.profile),
        "warnings": [*model.warnings, *warnings],
    }


def _challenger(status: ChallengerStatus | None, settings: Settings) -> dict[str, Any] | None:
    """The version beside it; None when the alias points at none."""
    if status is None:
        return None
    agreement, traffic = status.agreement, status.traffic
    return {
        "version": status.version,
        "alias": settings.challenger_alias,
        "state": status.state,
        "reason": status.reason or None,
        "since": status.since.isoformat(),
        "shadow_percent": traffic.shadow_percent,
        "canary_percent": traffic.canary_percent,
        "problems": list(traffic.problems),
        "path": status.path or None,
        "agreement": agreement
        and {
            "rows": agreement.rows,
            "equal": agreement.agreeing,
            "mean_absolute_difference": agreement.mean_absolute(),
            "mean_relative_difference": agreement.mean_relative(),
        },
    }


def _drift(monitor: DriftMonitor | None, model: LoadedModel) -> dict[str, Any]:
    if monitor is None:
        reason = model.profile_reason or "DRIFT_WINDOW_ROWS or DRIFT_WINDOW_SECONDS is 0"
        return {
            "profile": model.profile is not None,
            "reason": reason,
            "rows": 0,
            "since": None,
            "columns": {column.name: None for column in model.bundle.columns},
            "prediction": None,
        }
    report = monitor.report()
    return {
        "profile": True,
        "reason": report.missing_reason or None,
        "rows": report.rows,
        "since": report.since and report.since.isoformat(),
        "columns": report.columns,
        "prediction": report.prediction,
    }
