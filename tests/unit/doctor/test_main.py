"""`python -m doctor` as a process of its own, without Docker."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.doctor.examples import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the program reads, in a folder without `docker`."""
    for name in ("doctor", "env_file"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "mlflow", tmp_path / "mlflow", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".env.example", "docker-compose-api.yml", "docker-compose-load-testing.yml"):
        shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


def _run(
    checkout: Path, *arguments: str, python: str = sys.executable, encoding: str = "utf-8"
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(checkout), "HOME": os.environ.get("HOME", "/"), "PYTHONIOENCODING": encoding}
    command = [python, "-S", "-m", "doctor", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def _pythons() -> set[str]:
    """The Python of the tests, and the oldest one for which the program is written if this machine has it."""
    found = {sys.executable}
    if python := shutil.which("python3.9"):
        # It may be the script of a version manager.
        asked = subprocess.run(
            [python, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False
        )
        found |= set(asked.stdout.split())
    return found


def test_no_docker_is_a_finding(checkout: Path) -> None:
    """Without any library: exit code 2, all parts of the finding, no traceback."""
    for python in _pythons():
        done = _run(checkout, python=python)

        assert done.returncode == 2
        assert "FALLO   Docker y Compose: Docker no está instalado." in done.stdout
        assert "Por qué importa:" in done.stdout
        assert "Arreglo:" in done.stdout
        assert done.stderr == ""


def test_a_terminal_that_is_not_utf8(checkout: Path) -> None:
    """What it cannot show is a question mark, and not a traceback."""
    done = _run(checkout, encoding="ascii")

    assert done.returncode == 2
    assert "Docker no est? instalado." in done.stdout
    assert done.stderr == ""


def test_the_report_for_programs(checkout: Path) -> None:
    """Each check is there, with its findings or why it was not possible."""
    (checkout / ".env").write_text("MYSQL_PASWORD=x\n", encoding="utf-8")
    done = _run(checkout, "--json")
    report = json.loads(done.stdout)
    checks = {check["check"]: check for check in report["checks"]}

    assert report["exit_code"] == done.returncode == 2
    assert [finding["code"] for finding in checks["engine"]["findings"]] == ["docker-missing"]
    assert [finding["code"] for finding in checks["env-file"]["findings"]] == ["env-misspelt"]
    assert checks["database"]["not_checked"]
    assert len(checks) == 14
