"""Which servers are started and checked."""

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
    """A model whose answer is 1 to everything, with a home of its own."""
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


def test_a_server_that_dies_is_named_and_the_others_go_on(model: PreparedModel) -> None:
    """With its last words."""
    names, failures = _taking_part([_program("dead", "raise SystemExit('no such model')"), LIMIT], model)

    assert names == ["httptools"]
    assert failures == {"dead": "ended before it was ready, exit code 1: no such model"}


def test_a_server_that_answers_something_else_is_not_measured(model: PreparedModel) -> None:
    """However fast its wrong answers are: the limit's constant is not the model's."""
    names, failures = _taking_part([replace(LIMIT, constant=False)], model)

    assert names == []
    assert failures == {"httptools": "row 0 of linear: 123.456 instead of 1.0"}


def test_a_server_that_cannot_be_installed_is_named(model: PreparedModel) -> None:
    """Its list does not exist, as little as the packages of another might."""
    names, failures = _taking_part([replace(LIMIT, environment="nothing")], model)

    assert names == []
    assert "nothing.txt" in failures["httptools"]
