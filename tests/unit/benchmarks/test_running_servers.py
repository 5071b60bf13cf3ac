"""Starting and checking the servers."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import running_servers as module
from benchmarks.cores import Cores
from benchmarks.launches import Launch
from benchmarks.prepared import BATCH_ROWS, PreparedModel
from benchmarks.registry import Registry
from benchmarks.running_servers import start_servers
from benchmarks.servers import SERVERS, Server

LIMIT = SERVERS["httptools"]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedModel:
    """A model that always predicts 1, and a temporary home folder of the benchmark."""
    monkeypatch.setattr(module, "HOME", tmp_path)
    rows, answers = ((1.0, 2.0),) * BATCH_ROWS, (1.0,) * BATCH_ROWS
    return PreparedModel("linear", tmp_path, tmp_path, tmp_path, ("a", "b"), rows, answers)


def _program(name: str, code: str) -> Server:
    return replace(LIMIT, name=name, launch=lambda _place: Launch((sys.executable, "-c", code), Path.cwd()))


def _taking_part(servers: list[Server], model: PreparedModel) -> tuple[list[str], dict[str, str]]:
    failures: dict[str, str] = {}
    registry = Registry("http://127.0.0.1:9", model.folder)
    with start_servers(servers, model, registry, Cores.choose(), failures) as running_servers:
        assert all(running_server.process.running for running_server in running_servers)
        return [running_server.server.name for running_server in running_servers], failures


def test_server_that_exits_fails_and_the_others_continue(model: PreparedModel) -> None:
    """The reason has the last line of its log."""
    names, failures = _taking_part([_program("dead", "raise SystemExit('no such model')"), LIMIT], model)

    assert names == ["httptools"]
    assert failures == {"dead": "ended before it was ready, exit code 1: no such model"}


def test_server_with_wrong_predictions_is_not_measured(model: PreparedModel) -> None:
    """The constant of a limit is not the prediction of the model."""
    names, failures = _taking_part([replace(LIMIT, constant=False)], model)

    assert names == []
    assert failures == {"httptools": "row 0 of linear: 123.456 instead of 1.0"}


def test_server_that_cannot_be_installed_fails(model: PreparedModel) -> None:
    """Without the list of its packages, the server has the reason in the failures."""
    names, failures = _taking_part([replace(LIMIT, environment="nothing")], model)

    assert names == []
    assert "nothing.txt" in failures["httptools"]
