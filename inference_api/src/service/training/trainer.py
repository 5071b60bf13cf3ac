"""One training, from the data to the alias. The alias is set last, so a failure leaves the champion in place."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import from_pandas

from src.service.training.challenger import set_percentages
from src.service.training.champion import PromotionDecision, decide_promotion, version_of_alias
from src.service.training.column_table import COLUMN_TABLE_FILE
from src.service.training.dataset import Dataset
from src.service.training.errors import TrainingError
from src.service.training.fitting import FittedModel, fit, load
from src.service.training.plot import error_plot
from src.service.training.provenance import git_commit
from src.service.training.publication import Candidate, RegisteredVersion, example_rows, infer_input, log_and_register
from src.service.training.tracking import connect, reported_failures
from src.service.training.training_options import ChallengerAction, TrainingOptions

_LOG = logging.getLogger("training")

_MAX_MLFLOW_DIGEST: Final = 36


@dataclass(frozen=True)
class TrainingResult:
    """The registered version, as printed at the end."""

    name: str
    version: str
    alias: str
    promoted: bool
    metrics: dict[str, float]
    run_id: str


def train(options: TrainingOptions) -> TrainingResult:
    """Train a model and publish it.

    Raises:
        TrainingError: With a message for the user and the exit code.
    """
    with reported_failures(options.tracking_uri):
        if options.skip_if_registered:
            client = connect(options.tracking_uri, options.wait_seconds)
            champion = version_of_alias(client, options.model_name, options.alias)
            if champion is not None:
                _LOG.info("%s is registered already (version %s): nothing to do", options.model_name, champion.version)
                return TrainingResult(
                    name=options.model_name,
                    version=str(champion.version),
                    alias=options.alias,
                    promoted=False,
                    metrics={},
                    run_id=champion.run_id or "",
                )
        # Errors in the data come before the wait for MLflow.
        fitted = fit(load(options), options)
        return _publish(connect(options.tracking_uri, options.wait_seconds), fitted, options)


def _publish(client: MlflowClient, fitted: FittedModel, options: TrainingOptions) -> TrainingResult:
    champion = version_of_alias(client, options.model_name, options.alias)
    if options.action is ChallengerAction.TRAIN and champion is None:
        raise TrainingError(
            f"no version of {options.model_name} has the alias {options.alias}: a challenger needs a champion: train "
            "one first, without --challenger"
        )
    decision = decide_promotion(champion, fitted.metrics, fitted.split, fitted.task, force=options.force)
    mlflow.set_experiment(options.experiment)
    with mlflow.start_run(run_name=fitted.dataset.name, tags=_tags(fitted.dataset, options)) as run:
        registered = _log_run(client, fitted, decision, options)
        client.set_model_version_tag(options.model_name, registered.version, "promotion", decision.reason)
        _LOG.info("run %s is logged, content digest %s", run.info.run_id, registered.content_sha256)
    if options.action is ChallengerAction.TRAIN:
        return _challenge(client, fitted, registered, run.info.run_id, options)
    if decision.promoted:
        client.set_registered_model_alias(options.model_name, options.alias, registered.version)
        _LOG.info("version %s is now %s: %s", registered.version, options.alias, decision.reason)
    else:
        _LOG.warning("version %s is registered but NOT promoted: %s", registered.version, decision.reason)
    return TrainingResult(
        name=options.model_name,
        version=registered.version,
        alias=options.alias,
        promoted=decision.promoted,
        metrics=fitted.metrics,
        run_id=run.info.run_id,
    )


def _challenge(
    client: MlflowClient, fitted: FittedModel, registered: RegisteredVersion, run_id: str, options: TrainingOptions
) -> TrainingResult:
    """Let the new version stand beside the champion, with the percentages that were given."""
    set_percentages(client, options)
    client.set_registered_model_alias(options.model_name, options.challenger_alias, registered.version)
    _LOG.info("version %s is now %s", registered.version, options.challenger_alias)
    return TrainingResult(
        name=options.model_name,
        version=registered.version,
        alias=options.challenger_alias,
        promoted=False,
        metrics=fitted.metrics,
        run_id=run_id,
    )


def _tags(dataset: Dataset, options: TrainingOptions) -> dict[str, str]:
    commit = options.git_commit or git_commit(Path(__file__).resolve())
    return {"data_sha256": dataset.sha256} | ({"mlflow.source.git.commit": commit} if commit else {})


def _log_run(
    client: MlflowClient, fitted: FittedModel, decision: PromotionDecision, options: TrainingOptions
) -> RegisteredVersion:
    dataset, split = fitted.dataset, fitted.split
    model = fitted.estimator[-1] if hasattr(fitted.estimator, "steps") else fitted.estimator
    mlflow.log_params(
        {
            "dataset": dataset.name,
            "data_source": dataset.source,
            "task": fitted.task.value,
            "target": str(dataset.target.name),
            "seed": options.seed,
            "rows_trained": len(split.train_target),
            "rows_held_out": len(split.held_out_target),
            "features": fitted.features.shape[1],
            "model": type(model).__name__,
        }
        | {f"model__{name}": value for name, value in model.get_params().items()},
    )
    with warnings.catch_warnings():
        # Integers that cannot be missing are intended, see infer_input.
        warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
        logged = from_pandas(
            pd.concat([fitted.features, dataset.target], axis=1),
            source=CodeDatasetSource({"source": dataset.source}),
            targets=str(dataset.target.name),
            name=dataset.name,
            digest=dataset.sha256[:_MAX_MLFLOW_DIGEST],
        )
        mlflow.log_input(logged, context="training")
        signature = infer_input(fitted.features, fitted.predictions)
    name, figure = error_plot(fitted.predictions, split.held_out_target, fitted.task)
    mlflow.log_figure(figure, name)
    mlflow.log_text(fitted.column_table.to_csv(index=False), COLUMN_TABLE_FILE)
    mlflow.log_metrics(fitted.metrics | {f"champion_{key}": value for key, value in decision.champion_scores.items()})
    example = example_rows(split.train_features)
    if dataset.example is not None:
        example = pd.concat([dataset.example, example], ignore_index=True)
    candidate = Candidate(fitted.estimator, signature, example, split.train_features)
    return log_and_register(client, options.model_name, candidate)
