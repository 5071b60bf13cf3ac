"""The challenger of the registered model: an alias and two tags, which the API follows."""

import logging
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from src.service.training.champion import version_of_alias
from src.service.training.errors import TrainingError
from src.service.training.tracking import connect, reported_failures
from src.service.training.training_options import ChallengerAction, TrainingOptions

_LOG = logging.getLogger("training")

SHADOW_TAG = "shadow_percent"
CANARY_TAG = "canary_percent"


@dataclass(frozen=True)
class ChallengerResult:
    """What the registry says at the end: versions of the aliases (None without one), and values of the tags."""

    name: str
    champion: str | None
    challenger: str | None
    shadow_percent: str
    canary_percent: str


def change_challenger(options: TrainingOptions) -> ChallengerResult:
    """Promote or withdraw the challenger, or set its percentages, without a training.

    Raises:
        TrainingError: With a message for the user and the exit code.
    """
    with reported_failures(options.tracking_uri):
        client = connect(options.tracking_uri, options.wait_seconds)
        if options.action is ChallengerAction.PROMOTE:
            _promote(client, options)
        elif options.action is ChallengerAction.WITHDRAW:
            _withdraw(client, options)
        else:
            _check_registered(client, options)
        set_percentages(client, options)
        return _result(client, options)


def set_percentages(client: MlflowClient, options: TrainingOptions) -> None:
    """Set the tags of the percentages that were given."""
    for tag, percent in ((SHADOW_TAG, options.shadow_percent), (CANARY_TAG, options.canary_percent)):
        if percent is not None:
            client.set_registered_model_tag(options.model_name, tag, f"{percent:g}")
            _LOG.info("%s of %s is now %g", tag, options.model_name, percent)


def _promote(client: MlflowClient, options: TrainingOptions) -> None:
    version = _challenger(client, options).version
    # In this order the API lets the challenger's clients stay with its version, and the same command completes what a
    # failure has left undone. The next challenger begins without clients.
    client.set_registered_model_alias(options.model_name, options.alias, version)
    client.set_registered_model_tag(options.model_name, CANARY_TAG, "0")
    client.delete_registered_model_alias(options.model_name, options.challenger_alias)
    client.set_model_version_tag(options.model_name, version, "promotion", "it was the challenger")
    _LOG.info("version %s is now %s: it was the challenger", version, options.alias)


def _withdraw(client: MlflowClient, options: TrainingOptions) -> None:
    version = _challenger(client, options).version
    client.set_registered_model_tag(options.model_name, CANARY_TAG, "0")
    client.delete_registered_model_alias(options.model_name, options.challenger_alias)
    _LOG.info("version %s is no longer %s", version, options.challenger_alias)


def _challenger(client: MlflowClient, options: TrainingOptions) -> ModelVersion:
    version = version_of_alias(client, options.model_name, options.challenger_alias)
    if version is None:
        raise TrainingError(f"no version of {options.model_name} has the alias {options.challenger_alias}")
    return version


def _check_registered(client: MlflowClient, options: TrainingOptions) -> None:
    if version_of_alias(client, options.model_name, options.alias) is None:
        raise TrainingError(f"no version of {options.model_name} has the alias {options.alias}: train one first")


def _result(client: MlflowClient, options: TrainingOptions) -> ChallengerResult:
    champion = version_of_alias(client, options.model_name, options.alias)
    challenger = version_of_alias(client, options.model_name, options.challenger_alias)
    tags = client.get_registered_model(options.model_name).tags
    return ChallengerResult(
        name=options.model_name,
        champion=None if champion is None else str(champion.version),
        challenger=None if challenger is None else str(challenger.version),
        shadow_percent=tags.get(SHADOW_TAG, "0"),
        canary_percent=tags.get(CANARY_TAG, "0"),
    )
