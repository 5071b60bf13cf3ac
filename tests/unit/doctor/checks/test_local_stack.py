"""`make run`: its folder, its ports, its programs."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from doctor.checks.local_stack import find_local_problems
from doctor.finding import Level, NotCheckedError
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, healthy, printed
from tests.unit.doctor.http_server import answering


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A folder in which `make run` was used, on a machine without Docker."""
    (tmp_path / ".local-stack" / "logs").mkdir(parents=True)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    return replace(healthy(tmp_path), engine=printed(code=1), project=None, containers=(), listed=())


@pytest.fixture
def running(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """One that runs; this process stands for it."""
    monkeypatch.setattr("doctor.local_run.command_of", lambda _pid: "python -m local_stack")
    lock = installation.root / ".local-stack" / "lock"
    lock.write_text(str(os.getpid()), encoding="ascii")
    os.utime(lock, (1, 1))  # started long ago
    return installation


def _ports(installation: Installation, monkeypatch: pytest.MonkeyPatch, api: int) -> Installation:
    monkeypatch.setenv("API_PORT", str(api))
    monkeypatch.setattr("doctor.local_run.environment_of", lambda _pid: {})
    return replace(installation, environment={"API_PORT": str(api), "MLFLOW_PORT": str(_free())})


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_folder_without_it(tmp_path: Path) -> None:
    """Who uses Docker is told nothing about it."""
    with pytest.raises(NotCheckedError):
        list(find_local_problems(healthy(tmp_path)))


def test_one_that_is_ready(running: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found."""
    model = {"ready": True, "version": "1", "warnings": [], "last_reload_error": None}
    with answering({"/ready": (200, {}), "/model": (200, model)}) as port:
        assert codes(list(find_local_problems(_ports(running, monkeypatch, port)))) == []


def test_one_that_is_not_ready(running: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason of `/ready`, and the last errors of the logs."""
    log = running.root / ".local-stack" / "logs" / "trainer.log"
    log.write_text("2026 INFO start\n2026 ERROR trainer: the disk is full\n", encoding="utf-8")
    answer = {"error": "not_ready", "detail": "no version of the model 'x' has the alias 'champion' yet"}
    with answering({"/ready": (503, answer), "/model": (200, {})}) as port:
        [finding] = find_local_problems(_ports(running, monkeypatch, port))

    assert codes([finding]) == ["api-not-ready"]
    assert answer["detail"] in finding.what
    assert "| trainer.log: 2026 ERROR trainer: the disk is full" in finding.what
    assert "INFO start" not in finding.what
    assert str(running.root / ".local-stack" / "logs") in finding.remedy


def test_one_that_has_just_started(running: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an answer at first all is as expected."""
    (running.root / ".local-stack" / "lock").touch()

    [finding] = find_local_problems(_ports(running, monkeypatch, _free()))

    assert (finding.code, finding.level) == ("api-silent", Level.NOTE)


def test_one_that_does_not_answer(running: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process runs, its API does not."""
    assert codes(list(find_local_problems(_ports(running, monkeypatch, _free())))) == ["api-silent"]


def test_a_port_of_the_next_one(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        [finding] = find_local_problems(_ports(installation, monkeypatch, taken))

    assert (finding.code, finding.level) == ("local-port-taken", Level.WARNING)
    assert f"PID {os.getpid()}" in finding.what


def test_a_folder_that_cannot_be_written(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a `sudo make run`."""
    monkeypatch.setattr("doctor.checks.local_stack.is_writable", lambda _folder: False)

    [finding] = find_local_problems(_ports(installation, monkeypatch, _free()))

    assert codes([finding]) == ["local-folder"]


def test_no_python_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Docker nor a Python that `make run` takes."""
    monkeypatch.setenv("PATH", str(tmp_path))
    without = replace(healthy(tmp_path), engine=printed(code=1), project=None, containers=())

    assert codes(list(find_local_problems(without))) == ["python-old"]
