"""MLflow: a real server on loopback with the answers of MLflow 3.17."""

import copy
import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from doctor.checks.mlflow_server import find_mlflow_problems
from doctor.compose_project import ComposeProject
from doctor.finding import Finding, Level, NotCheckedError
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, config, healthy, printed, with_container
from tests.unit.doctor.http_server import answering

SEARCH = "/api/2.0/mlflow/experiments/search"
ALIAS = "/api/2.0/mlflow/registered-models/alias"
ANSWERS: Mapping[str, tuple[int, Any]] = {
    SEARCH: (200, {"experiments": []}),
    ALIAS: (200, {"model_version": {"version": "1"}}),
}
USERS = {"admin": "password of people", "api": "password of the API"}
ACCOUNTS = {
    "MLFLOW_AUTH": "true",
    "MLFLOW_TRACKING_PASSWORD": USERS["admin"],
    "MLFLOW_API_PASSWORD": USERS["api"],
}
NO_ALIAS = {"error_code": "INVALID_PARAMETER_VALUE", "message": "Registered model alias champion not found."}
NO_MODEL = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Registered Model with name=x not found"}


def _on(
    port: int, *, public_host: str = "localhost", address: str = "127.0.0.1", uri: str = "", **accounts: str
) -> Installation:
    """The stack with MLflow on this port."""
    settings = copy.deepcopy(config())
    services = settings["services"]
    services["mlflow"]["ports"][0].update(published=str(port), host_ip=address)
    hosts = f"mlflow:5000,localhost:5000,localhost:{port},127.0.0.1:{port},{public_host}:{port},{public_host}"
    services["mlflow"]["environment"]["MLFLOW_SERVER_ALLOWED_HOSTS"] = hosts
    services["mlflow"]["environment"].update(accounts)
    if uri:
        services["fastapi-app"]["environment"]["MLFLOW_TRACKING_URI"] = uri
    return replace(healthy(), project=ComposeProject.read(printed(json.dumps(settings))))


def _find(installation: Installation) -> list[Finding]:
    return list(find_mlflow_problems(installation))


def test_a_healthy_server() -> None:
    """It answers each name of the settings, and the alias exists."""
    with answering(ANSWERS, allowed_hosts=frozenset({"localhost", "127.0.0.1"})) as port:
        assert codes(_find(_on(port))) == []


def test_a_host_name_that_it_refuses() -> None:
    """PUBLIC_HOST was changed, and the server still has the old one."""
    with answering(ANSWERS, allowed_hosts=frozenset({"localhost", "127.0.0.1"})) as port:
        [finding] = _find(_on(port, public_host="machine.example"))

    assert codes([finding]) == ["mlflow-host"]
    assert f"http://machine.example:{port}" in finding.what
    assert "Invalid Host header" in finding.what


def test_open_pages_without_a_public_name() -> None:
    """Everybody else gets 403."""
    with answering(ANSWERS, allowed_hosts=frozenset({"localhost", "127.0.0.1"})) as port:
        [finding] = _find(_on(port, address="0.0.0.0"))

    assert (finding.code, finding.level) == ("mlflow-public-host", Level.WARNING)


@pytest.mark.parametrize(("status", "document"), [(404, NO_MODEL), (400, NO_ALIAS)])
def test_an_alias_that_is_missing(status: int, document: dict[str, str]) -> None:
    """No version has it, or there is no model at all; MLflow's words are told."""
    with answering({**ANSWERS, ALIAS: (status, document)}) as port:
        [finding] = _find(_on(port))
        training = _find(with_container(_on(port), "model-trainer", status="running"))

    assert codes([finding]) == ["alias-missing"]
    assert document["message"] in finding.what
    assert [(found.code, found.level) for found in training] == [("training", Level.NOTE)]


def test_a_server_with_users() -> None:
    """The users of `.env` are let in, and the alias is asked for with that of the API."""
    with answering(ANSWERS, users=USERS) as port:
        assert codes(_find(_on(port, **ACCOUNTS))) == []
    with answering({**ANSWERS, ALIAS: (404, NO_MODEL)}, users=USERS) as port:
        assert codes(_find(_on(port, **ACCOUNTS))) == ["alias-missing"]


@pytest.mark.parametrize(("changed", "name"), [("MLFLOW_TRACKING_PASSWORD", "admin"), ("MLFLOW_API_PASSWORD", "api")])
def test_a_password_that_mlflow_does_not_know(changed: str, name: str) -> None:
    """The variable and its user are named, not the password; the alias cannot be asked for."""
    with answering({**ANSWERS, ALIAS: (404, NO_MODEL)}, users=USERS) as port:
        [finding] = _find(_on(port, **{**ACCOUNTS, changed: "password of nobody"}))

    assert (finding.code, finding.level) == ("mlflow-login", Level.FAULT)
    assert changed in finding.what
    assert f"401 al usuario {name}" in finding.what
    assert "password of nobody" not in str(finding)


def test_a_server_with_users_after_they_were_turned_off() -> None:
    """It was not started anew, and `.env` has no passwords any more."""
    with answering(ANSWERS, users=USERS) as port:
        [finding] = _find(_on(port))

    assert finding.code == "mlflow-login"
    assert "en .env no hay contraseña" in finding.what


def test_a_server_without_users_after_they_were_turned_on() -> None:
    """It was not started anew: who reaches it decides what the API answers."""
    with answering(ANSWERS) as port:
        [finding] = _find(_on(port, **ACCOUNTS))

    assert (finding.code, finding.level) == ("mlflow-without-users", Level.FAULT)


def test_another_failure_says_nothing_of_the_alias() -> None:
    """An error of the server is no missing alias."""
    with answering({**ANSWERS, ALIAS: (500, {"error_code": "INTERNAL_ERROR"})}) as port:
        assert _find(_on(port)) == []


def test_the_api_follows_another_server() -> None:
    """The alias of this one does not count."""
    with answering({**ANSWERS, ALIAS: (404, NO_MODEL)}) as port:
        assert _find(_on(port, uri="https://mlflow.example.com")) == []


def test_a_server_that_does_not_answer() -> None:
    """Its container runs; while it starts, this is a note."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        installation = _on(probe.getsockname()[1])
        [finding] = _find(installation)
        [starting] = _find(with_container(installation, "mlflow", health="starting"))

    assert (finding.code, finding.level) == ("mlflow-silent", Level.FAULT)
    assert (starting.code, starting.level) == ("mlflow-starting", Level.NOTE)


def test_a_server_that_is_down() -> None:
    """Another check says why."""
    with pytest.raises(NotCheckedError):
        _find(with_container(healthy(), "mlflow", status="exited"))
