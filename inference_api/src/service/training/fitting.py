"""Read the data, fit a model and evaluate it, without MLflow."""

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd

from src.service.training.column_table import aligned_lines, column_table
from src.service.training.csv_input.reader import read_csv
from src.service.training.dataset import Dataset, diabetes
from src.service.training.errors import TrainingError
from src.service.training.evaluation import cross_validated, held_out_scores
from src.service.training.feature_columns import split_columns, usable_features
from src.service.training.holdout import HoldoutSplit, hold_out
from src.service.training.pipeline import build_estimator
from src.service.training.reference_data import reference
from src.service.training.task import Task, choose_task
from src.service.training.training_options import TrainingOptions

_LOG = logging.getLogger("training")


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A fitted estimator, its data and its metrics; `predictions` are those for the held-out rows."""

    dataset: Dataset
    features: pd.DataFrame
    column_table: pd.DataFrame
    task: Task
    split: HoldoutSplit
    estimator: Any
    predictions: Any
    metrics: dict[str, float]


def load(options: TrainingOptions) -> Dataset:
    """Read the data that the options name."""
    if options.data is not None:
        if options.target is None:
            raise TrainingError("--data needs --target, the column to predict")
        dataset = read_csv(options.data, options.target, options.csv)
    else:
        dataset = {"reference": reference, "diabetes": diabetes}[options.dataset]()
    _LOG.info("data: %s, %d rows, sha256 %s", dataset.source, len(dataset.target), dataset.sha256)
    return dataset


def fit(dataset: Dataset, options: TrainingOptions) -> FittedModel:
    """Choose the task, hold rows out, cross-validate, fit, and evaluate on the held-out rows."""
    task, target = choose_task(dataset.target, options.task)
    features = usable_features(dataset.features)
    columns = split_columns(features)
    table = column_table(dataset, features, target, columns)
    for line in aligned_lines(table):
        _LOG.info("%s", line)
    split = hold_out(features, target, task, options.seed)
    estimator = build_estimator(features, columns, task)
    steps = " -> ".join(type(step).__name__ for _, step in getattr(estimator, "steps", [("model", estimator)]))
    _LOG.info("fitting %s on %d rows, %d held out", steps, len(split.train_target), len(split.held_out_target))
    metrics = cross_validated(estimator, split.train_features, split.train_target, task, options.seed)
    estimator.fit(split.train_features, split.train_target.to_numpy())
    predictions = estimator.predict(split.held_out_features)
    metrics |= held_out_scores(predictions, split.held_out_target, task)
    _LOG.info("metrics: %s", ", ".join(f"{name} {value:.6g}" for name, value in metrics.items()))
    return FittedModel(
        dataset=dataset,
        features=features,
        column_table=table,
        task=task,
        split=split,
        estimator=estimator,
        predictions=predictions,
        metrics=metrics,
    )
