"""The version that serves now, and whether a new one may take its place."""

import tempfile
from dataclasses import dataclass
from typing import Any, Final

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.types import DataType

from src.service.training.evaluation import deciding_metric, held_out_scores, no_worse
from src.service.training.holdout import Split
from src.service.training.task import Task

_WHOLE: Final = {DataType.integer: "int32", DataType.long: "int64"}


@dataclass(frozen=True)
class Verdict:
    """Whether the new version is promoted, and why, in one sentence."""

    promoted: bool
    reason: str
    champion_scores: dict[str, float]


def current_champion(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version the alias points to, None when there is no such model or alias."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        # MLflow answers an unknown model with the one, an unknown alias with the other.
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def judge(
    champion: ModelVersion | None,
    scores: dict[str, float],
    split: Split,
    task: Task,
    *,
    force: bool,
) -> Verdict:
    """Compare a new model with the champion on the same held-out rows.

    The champion is loaded as MLflow loads it, which runs what its author put there: the registry is trusted. With
    MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false nothing is loaded, and a champion counts as one that cannot be judged.

    Args:
        champion: The version that serves now, if any.
        scores: The new model's held-out scores.
        split: The rows it was trained on and those held out.
        task: What is predicted.
        force: Promote in any case; the champion is still judged, for the record.
    """
    if champion is None:
        return Verdict(promoted=True, reason="there was no champion", champion_scores={})
    metric = deciding_metric(task)
    try:
        champion_scores = held_out_scores(_predictions(champion, split.held_out_features), split.held_out_target, task)
    except Exception as error:  # noqa: BLE001 - a model of somebody else's may fail in any way
        # MLflow puts the whole table before the reason.
        why = " ".join(str(error).rsplit("Error: ", 1)[-1].split()) or type(error).__name__
        reason = f"champion version {champion.version} cannot be judged on this data ({why[:300]})"
        return Verdict(promoted=force, reason=_forced(reason, force=force), champion_scores={})
    new, old = scores[metric], champion_scores[metric]
    fits = no_worse(new, old, task)
    comparison = "no worse" if fits else "worse"
    reason = f"{metric} {new:.6g} is {comparison} than {old:.6g} of champion version {champion.version}"
    return Verdict(
        promoted=fits or force,
        reason=reason if fits else _forced(reason, force=force),
        champion_scores=champion_scores,
    )


def _forced(reason: str, *, force: bool) -> str:
    return f"{reason}, but --force was given" if force else f"{reason}; --force promotes it all the same"


def _predictions(champion: ModelVersion, features: pd.DataFrame) -> Any:
    with tempfile.TemporaryDirectory(prefix="champion-") as folder:
        model = mlflow.pyfunc.load_model(f"models:/{champion.name}/{champion.version}", dst_path=folder)
        return model.predict(_adapted(features, model.metadata.get_input_schema()))


def _adapted(features: pd.DataFrame, schema: Any) -> pd.DataFrame:
    """Give numbers the type that the champion knew them by: MLflow takes no integer for a double, or the other way.

    A column that has fractions or gaps now stays as it is: a champion that took whole numbers has no answer for it.
    """
    if schema is None or not schema.has_input_names():
        return features
    types: dict[str, str] = {}
    for name, column in schema.input_dict().items():
        if name not in features:
            continue
        values = features[name]
        if column.type in {DataType.double, DataType.float} and values.dtype.kind == "i":
            types[name] = "float64"
        elif column.type in _WHOLE and values.dtype.kind in "if" and _fits(values, _WHOLE[column.type]):
            types[name] = _WHOLE[column.type]
    return features.astype(types)


def _fits(values: pd.Series, integer: str) -> bool:
    limits = np.iinfo(integer)
    return bool(values.notna().all() and (values % 1 == 0).all() and values.between(limits.min, limits.max).all())
