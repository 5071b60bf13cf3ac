"""One training from data to alias. The alias moves last: whatever fails before it leaves the champion in place."""

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
from mlflow.exceptions import MlflowException
from requests import RequestException

from src.service.network_route import Route
from src.service.training.champion import Verdict, current_champion, judge
from src.service.training.column_table import FILE
from src.service.training.dataset import Dataset
from src.service.training.errors import PublicationError
from src.service.training.fitting import Fitted, fit, load
from src.service.training.plot import error_plot
from src.service.training.provenance import git_commit
from src.service.training.publication import Candidate, Published, example_rows, infer_input, log_and_register
from src.service.training.tracking import connect
from src.service.training.training_options import Options

_LOG = logging.getLogger("training")

_MLFLOW_DIGEST_LENGTH: Final = 36


@dataclass(frozen=True)
class Outcome:
    """What a training left in the registry: the line that is printed at the end."""

    name: str
    version: str
    alias: str
    promoted: bool
    metrics: dict[str, float]
    run_id: str


def train(options: Options) -> Outcome:
    """Train as asked and publish the result.

    Raises:
        TrainingError: With a sentence for the caller, and the exit code that goes with it.
    """
    try:
        if options.skip_if_registered:
            client = connect(options.tracking_uri, options.wait_seconds)
            champion = current_champion(client, options.model_name, options.alias)
            if champion is not None:
                _LOG.info("%s is registered already (version %s): nothing to do", options.model_name, champion.version)
                return Outcome(
                    name=options.model_name,
                    version=str(champion.version),
                    alias=options.alias,
                    promoted=False,
                    metrics={},
                    run_id=champion.run_id or "",
                )
        # Mistakes in the data are told before MLflow is waited for.
        fitted = fit(load(options), options)
        return _publish(connect(options.tracking_uri, options.wait_seconds), fitted, options)
    except (MlflowException, RequestException) as error:
        note = Route.to(options.tracking_uri).note
        raise PublicationError(f"MLflow at {options.tracking_uri} failed: {_first_line(error)}{note}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]


def _publish(client: MlflowClient, fitted: Fitted, options: Options) -> Outcome:
    champion = current_champion(client, options.model_name, options.alias)
    split = fitted.split
    verdict = judge(
        champion,
        fitted.metrics,
        split,
        fitted.task,
        force=options.force,
    )
    mlflow.set_experiment(options.experiment)
    with mlflow.start_run(run_name=fitted.dataset.name, tags=_tags(fitted.dataset, options)) as run:
        published = _log(client, fitted, verdict, options)
        client.set_model_version_tag(options.model_name, published.version, "promotion", verdict.reason)
        _LOG.info("run %s is logged, content digest %s", run.info.run_id, published.content_sha256)
    if verdict.promoted:
        client.set_registered_model_alias(options.model_name, options.alias, published.version)
        _LOG.info("version %s is now %s: %s", published.version, options.alias, verdict.reason)
    else:
        _LOG.warning("version %s is registered but NOT promoted: %s", published.version, verdict.reason)
    return Outcome(
        name=options.model_name,
        version=published.version,
        alias=options.alias,
        promoted=verdict.promoted,
        metrics=fitted.metrics,
        run_id=run.info.run_id,
    )


def _tags(dataset: Dataset, options: Options) -> dict[str, str]:
    commit = options.git_commit or git_commit(Path(__file__).resolve())
    return {"data_sha256": dataset.sha256} | ({"mlflow.source.git.commit": commit} if commit else {})


def _log(client: MlflowClient, fitted: Fitted, verdict: Verdict, options: Options) -> Published:
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
        # That integers cannot be missing is meant here: see infer_input.
        warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
        logged = from_pandas(
            pd.concat([fitted.features, dataset.target], axis=1),
            source=CodeDatasetSource({"source": dataset.source}),
            targets=str(dataset.target.name),
            name=dataset.name,
            digest=dataset.sha256[:_MLFLOW_DIGEST_LENGTH],
        )
        mlflow.log_input(logged, context="training")
        signature = infer_input(fitted.features, fitted.predictions)
    name, figure = error_plot(fitted.predictions, split.held_out_target, fitted.task)
    mlflow.log_figure(figure, name)
    mlflow.log_text(fitted.columns.to_csv(index=False), FILE)
    mlflow.log_metrics(fitted.metrics | {f"champion_{key}": value for key, value in verdict.champion_scores.items()})
    example = example_rows(split.train_features)
    if dataset.example is not None:
        example = pd.concat([dataset.example, example], ignore_index=True)
    candidate = Candidate(fitted.estimator, signature, example, split.train_features)
    return log_and_register(client, options.model_name, candidate)
