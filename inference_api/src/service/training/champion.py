"""The champion, the version that the alias points to, and the decision whether a new version replaces it."""

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

from src.service.training.evaluation import deciding_metric, held_out_scores, is_no_worse
from src.service.training.holdout import HoldoutSplit
from src.service.training.task import Task

_INTEGER_DTYPES: Final = {DataType.integer: "int32", DataType.long: "int64"}


@dataclass(frozen=True)
class PromotionDecision:
    """Whether the new version becomes the champion, and the reason in one sentence."""

    promoted: bool
    reason: str
    champion_scores: dict[str, float]


def version_of_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version the alias points to, None when there is no such model or alias."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        # The codes of MLflow for an unknown model, and for an unknown alias.
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def decide_promotion(
    champion: ModelVersion | None,
    scores: dict[str, float],
    split: HoldoutSplit,
    task: Task,
    *,
    force: bool,
) -> PromotionDecision:
    """Compare a new model with the champion on the same held-out rows.

    MLflow loads the champion, which may run code of its author: the registry is trusted. With
    MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false MLflow loads no model, skops included: the champion cannot be evaluated.

    Args:
        champion: The version that the alias points to; None without one.
        scores: The new model's held-out scores.
        split: The rows it was trained on and the held-out rows.
        task: What is predicted.
        force: Promote in any case; the champion is evaluated all the same, for the run.
    """
    if champion is None:
        return PromotionDecision(promoted=True, reason="there was no champion", champion_scores={})
    metric = deciding_metric(task)
    try:
        champion_scores = held_out_scores(
            _champion_predictions(champion, split.held_out_features), split.held_out_target, task
        )
    except Exception as error:  # noqa: BLE001 - a foreign model may fail in any way
        # The message of MLflow has the whole table before the reason.
        cause = " ".join(str(error).rsplit("Error: ", 1)[-1].split()) or type(error).__name__
        reason = f"champion version {champion.version} cannot be judged on this data ({cause[:300]})"
        return PromotionDecision(promoted=force, reason=_with_force_note(reason, force=force), champion_scores={})
    new, old = scores[metric], champion_scores[metric]
    good_enough = is_no_worse(new, old, task)
    comparison = "no worse" if good_enough else "worse"
    reason = f"{metric} {new:.6g} is {comparison} than {old:.6g} of champion version {champion.version}"
    return PromotionDecision(
        promoted=good_enough or force,
        reason=reason if good_enough else _with_force_note(reason, force=force),
        champion_scores=champion_scores,
    )


def _with_force_note(reason: str, *, force: bool) -> str:
    return f"{reason}, but --force was given" if force else f"{reason}; --force promotes it all the same"


def _champion_predictions(champion: ModelVersion, features: pd.DataFrame) -> Any:
    with tempfile.TemporaryDirectory(prefix="champion-") as folder:
        model = mlflow.pyfunc.load_model(f"models:/{champion.name}/{champion.version}", dst_path=folder)
        return model.predict(_with_schema_dtypes(features, model.metadata.get_input_schema()))


def _with_schema_dtypes(features: pd.DataFrame, schema: Any) -> pd.DataFrame:
    """Cast numbers to the types of the champion's schema: MLflow takes no integers for doubles, nor the reverse.

    A column of integers in the schema that now has fractions or missing values is not cast, and MLflow refuses it.
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
        elif (
            column.type in _INTEGER_DTYPES
            and values.dtype.kind in "if"
            and _holds_all(values, _INTEGER_DTYPES[column.type])
        ):
            types[name] = _INTEGER_DTYPES[column.type]
    return features.astype(types)


def _holds_all(values: pd.Series, integer_dtype: str) -> bool:
    limits = np.iinfo(integer_dtype)
    return bool(values.notna().all() and (values % 1 == 0).all() and values.between(limits.min, limits.max).all())
