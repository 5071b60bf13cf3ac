"""From what was asked for to a fitted model with its scores; MLflow has no part in it."""

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd

from src.service.training.column_table import column_table, lines
from src.service.training.csv_input.reader import read_csv
from src.service.training.dataset import Dataset, diabetes
from src.service.training.errors import TrainingError
from src.service.training.evaluation import cross_validated, held_out_scores
from src.service.training.feature_columns import split_columns, usable_features
from src.service.training.holdout import Split, hold_out
from src.service.training.pipeline import build_estimator
from src.service.training.reference_data import reference
from src.service.training.task import Task, choose_task
from src.service.training.training_options import Options

_LOG = logging.getLogger("training")


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model with the rows it learnt from and was judged by.

    `columns` tells what was understood of each column; `predictions` are for the held-out rows.
    """

    dataset: Dataset
    features: pd.DataFrame
    columns: pd.DataFrame
    task: Task
    split: Split
    estimator: Any
    predictions: Any
    metrics: dict[str, float]


def load(options: Options) -> Dataset:
    """Read the data that were asked for."""
    if options.data is not None:
        if options.target is None:
            raise TrainingError("--data needs --target, the column to predict")
        dataset = read_csv(options.data, options.target, options.csv)
    else:
        dataset = {"reference": reference, "diabetes": diabetes}[options.dataset]()
    _LOG.info("data: %s, %d rows, sha256 %s", dataset.source, len(dataset.target), dataset.sha256)
    return dataset


def fit(dataset: Dataset, options: Options) -> Fitted:
    """Find the task, hold rows out, cross-validate, fit and score."""
    task, target = choose_task(dataset.target, options.task)
    features = usable_features(dataset.features)
    columns = split_columns(features)
    table = column_table(dataset, features, target, columns)
    for line in lines(table):
        _LOG.info("%s", line)
    split = hold_out(features, target, task, options.seed)
    estimator = build_estimator(features, columns, task)
    parts = " -> ".join(type(part).__name__ for _, part in getattr(estimator, "steps", [("model", estimator)]))
    _LOG.info("fitting %s on %d rows, %d held out", parts, len(split.train_target), len(split.held_out_target))
    metrics = cross_validated(estimator, split.train_features, split.train_target, task, options.seed)
    estimator.fit(split.train_features, split.train_target.to_numpy())
    predictions = estimator.predict(split.held_out_features)
    metrics |= held_out_scores(predictions, split.held_out_target, task)
    _LOG.info("metrics: %s", ", ".join(f"{name} {value:.6g}" for name, value in metrics.items()))
    return Fitted(
        dataset=dataset,
        features=features,
        columns=table,
        task=task,
        split=split,
        estimator=estimator,
        predictions=predictions,
        metrics=metrics,
    )
