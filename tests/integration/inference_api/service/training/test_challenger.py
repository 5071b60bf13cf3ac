"""The trainer's options for a challenger, against a real registry."""

from typing import Any

import pytest
from mlflow import MlflowClient

from src.service.challenger import traffic
from src.service.training import challenger as module
from src.service.training.challenger import ChallengerResult, change_challenger
from src.service.training.errors import TrainingError
from src.service.training.trainer import train
from src.service.training.training_options import ChallengerAction, TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]


def options(server: str, name: str, action: ChallengerAction = ChallengerAction.NONE, **values: Any) -> TrainingOptions:
    """Options for a model of this name."""
    return TrainingOptions(
        tracking_uri=server, model_name=name, alias="champion", experiment="tests", action=action, **values
    )


def test_the_tags_of_the_trainer_are_those_of_the_service() -> None:
    """Both programs, which share no code, know the tags by the same names."""
    assert (module.SHADOW_TAG, module.CANARY_TAG) == (traffic.SHADOW_TAG, traffic.CANARY_TAG)


def test_from_a_challenger_to_the_champion(mlflow_server: str) -> None:
    """A challenger is registered beside the champion, gets its percentages, and becomes the champion."""
    name = "promoted_challenger"
    with pytest.raises(TrainingError, match="a challenger needs a champion: train one first"):
        train(options(mlflow_server, name, ChallengerAction.TRAIN))
    with pytest.raises(TrainingError, match="has the alias champion: train one first"):
        change_challenger(options(mlflow_server, name, ChallengerAction.SET, shadow_percent=1.0))
    assert train(options(mlflow_server, name)).promoted
    with pytest.raises(TrainingError, match="no version of promoted_challenger has the alias challenger"):
        change_challenger(options(mlflow_server, name, ChallengerAction.PROMOTE))
    trained = train(options(mlflow_server, name, ChallengerAction.TRAIN, seed=7, shadow_percent=100.0))
    assert (trained.version, trained.alias, trained.promoted) == ("2", "challenger", False)
    client = MlflowClient(mlflow_server)
    model = client.get_registered_model(name)
    assert (model.aliases, model.tags) == ({"champion": "1", "challenger": "2"}, {"shadow_percent": "100"})

    changed = change_challenger(options(mlflow_server, name, ChallengerAction.SET, canary_percent=2.5))
    assert changed == ChallengerResult(name, "1", "2", "100", "2.5")

    promoted = change_challenger(options(mlflow_server, name, ChallengerAction.PROMOTE))
    assert promoted == ChallengerResult(name, "2", None, "100", "0")
    assert client.get_registered_model(name).aliases == {"champion": "2"}
    assert client.get_model_version(name, "2").tags["promotion"] == "it was the challenger"


def test_withdrawal(mlflow_server: str) -> None:
    """A challenger that is withdrawn leaves the champion; the next one begins without clients."""
    name = "withdrawn_challenger"
    train(options(mlflow_server, name))
    client = MlflowClient(mlflow_server)
    client.set_registered_model_alias(name, "rival", "1")
    client.set_registered_model_tag(name, "canary_percent", "30")
    found = change_challenger(options(mlflow_server, name, ChallengerAction.WITHDRAW, challenger_alias="rival"))
    assert found == ChallengerResult(name, "1", None, "0", "0")
