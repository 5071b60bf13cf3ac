"""What no test may leave behind for the tests of another module."""

import os
import sys
from collections.abc import Iterator

import pytest


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes after their parameter: a compressed body holds the time, and every worker must find the same ids."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="module", autouse=True)
def environment_as_found() -> Iterator[None]:
    """Put back the environment and the addresses of MLflow's client, which writes them into both."""
    before = dict(os.environ)
    yield
    if mlflow := sys.modules.get("mlflow"):
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
