"""The registered model of the stack, changed as MLflow's page does: a run of the trainer takes seven seconds."""

import time
from typing import Any

import httpx

from tests.e2e.compose_stack import StackError

NAME = "linear_regression_model"
WITHIN_SECONDS = 60
_API = "http://127.0.0.1:8005/api/2.0/mlflow"
_TAGS = ("shadow_percent", "canary_percent")


def champion() -> str:
    """The version that the alias points to."""
    return str(_ask("GET", "registered-models/alias", name=NAME, alias="champion")["model_version"]["version"])


def newest_version() -> int:
    """The highest registered version."""
    found = _ask("GET", "model-versions/search", filter=f"name='{NAME}'")
    return max(int(version["version"]) for version in found["model_versions"])


def point(alias: str, version: str) -> None:
    """Move an alias to a version."""
    _ask("POST", "registered-models/alias", name=NAME, alias=alias, version=version)


def withdraw_challenger() -> None:
    """Remove the challenger's alias and the tags with its traffic, whichever are there."""
    _ask("DELETE", "registered-models/alias", name=NAME, alias="challenger")
    for tag in _TAGS:
        _ask("DELETE", "registered-models/delete-tag", name=NAME, key=tag)


def _ask(method: str, call: str, **values: str) -> Any:
    """Ask MLflow, which may be starting; what is deleted may be gone."""
    url = f"{_API}/{call}"
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            if method == "GET":
                answer = httpx.get(url, params=values, timeout=30)
            else:
                answer = httpx.request(method, url, json=values, timeout=30)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.25)
            continue
        if answer.is_success or (method == "DELETE" and "RESOURCE_DOES_NOT_EXIST" in answer.text):
            return answer.json()
        raise StackError(f"{method} {call} {values}: {answer.status_code} {answer.text}")
