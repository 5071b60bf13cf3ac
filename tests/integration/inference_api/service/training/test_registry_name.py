"""The validation of names agrees with MLflow."""

import argparse
import contextlib
from collections.abc import Callable
from uuid import uuid4

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from src.service.training.registry_name import alias, model_name

ALIASES = ("champion", "v", "v2-rc", "a_b-C", "ñandú", "x" * 255)
NOT_ALIASES = ("", " ", "bad alias!", "a/b", "latest", "LATEST", "v3", "V12", "x" * 256)
NAMES = ("a model", "v1.2", ".hidden")
NOT_NAMES = ("", " ", "a/b", "a:b", ".", "..", "...")


def accepts(ask: Callable[[], object], refusal: type[Exception]) -> bool:
    """Whether the call raises no error."""
    with contextlib.suppress(refusal):
        ask()
        return True
    return False


@pytest.mark.parametrize("text", ALIASES + NOT_ALIASES)
def test_an_alias_is_valid_when_mlflow_accepts_it(client: MlflowClient, text: str) -> None:
    """Both accept and refuse the same aliases."""
    name = f"aliases-{uuid4().hex}"
    client.create_registered_model(name)
    version = client.create_model_version(name, "s3://nowhere/model").version
    mlflow_takes = accepts(lambda: client.set_registered_model_alias(name, text, version), MlflowException)

    assert accepts(lambda: alias(text), argparse.ArgumentTypeError) == mlflow_takes == (text in ALIASES)


@pytest.mark.parametrize("text", NAMES + NOT_NAMES)
def test_a_name_is_valid_when_mlflow_accepts_it(client: MlflowClient, text: str) -> None:
    """Both accept and refuse the same names."""
    mlflow_takes = accepts(lambda: client.create_registered_model(text), MlflowException)

    assert accepts(lambda: model_name(text), argparse.ArgumentTypeError) == mlflow_takes == (text in NAMES)
