"""The targets that people and CI type."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# `make test ARGS=...` hands these down to the tests.
MAKES_OWN = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS", "COMPOSE", "PYTHON"}
MAKE = shutil.which("make") or "make"


def _make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in MAKES_OWN}
    return subprocess.run(
        [MAKE, *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make` needs of the project, without an environment."""
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


def _interpreter(folder: Path, name: str, version: str) -> None:
    """Put a Python that is too old into the folder."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit 1\n', encoding="ascii"
    )
    program.chmod(0o755)


def test_make_alone_lists_every_target() -> None:
    """Whoever types `make` sees what there is, and nothing runs."""
    listed = _make()

    documented = re.findall(r"^  make ([\w-]+)", listed.stdout, re.MULTILINE)
    declared = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed.returncode == 0
    assert documented == declared[0].split()
    assert {"run", "test", "check", "lock", "up", "down", "load", "clean"} <= set(documented)


def test_an_old_python_is_named_with_the_way_out(clone: Path) -> None:
    """The person reads which version is there, which is needed, and how to choose another."""
    programs = clone / "bin"
    programs.mkdir()
    _interpreter(programs, "python3", "3.9.2")

    told = _make("run", folder=clone, PATH=str(programs))

    assert told.returncode != 0
    assert "hace falta Python 3.11 o posterior" in told.stderr
    assert "Python 3.9.2" in told.stderr
    assert "make run PYTHON=" in told.stderr
    assert not (clone / ".venv").exists()


def test_no_python_at_all_is_said_in_the_same_way(clone: Path) -> None:
    """A bare machine."""
    (clone / "bin").mkdir()

    told = _make("run", folder=clone, PATH=str(clone / "bin"))

    assert told.returncode != 0
    assert "hace falta Python 3.11 o posterior" in told.stderr


def test_an_environment_of_an_old_python_is_not_filled(clone: Path) -> None:
    """An editor may have made .venv with whatever python3 was; it is the person's, so it is named, not deleted."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    _interpreter(programs, "python", "3.9.2")

    told = _make("run", folder=clone)

    assert told.returncode != 0
    assert "rm -rf .venv" in told.stderr
    assert programs.is_dir()


def test_an_installed_environment_is_left_alone(clone: Path) -> None:
    """A second `make run` installs nothing; a changed requirements-dev.txt does."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").touch()
    os.utime(programs / "python", (0, 0))
    (clone / ".venv" / ".installed").touch()
    os.utime(clone / "requirements-dev.txt", (1, 1))

    assert "local_stack" in _make("--dry-run", "run", folder=clone).stdout
    assert "Instalando" not in _make("--dry-run", "run", folder=clone).stdout

    os.utime(clone / ".venv" / ".installed", (0, 0))
    assert "Instalando" in _make("--dry-run", "run", folder=clone).stdout


def test_the_tests_run_on_all_cores() -> None:
    """Unit and integration tests run in parallel; what needs the machine for itself runs after them."""
    [unit] = _make("--dry-run", "test-unit", "ARGS=-k lane").stdout.splitlines()
    [parallel, serial] = _make("--dry-run", "test").stdout.splitlines()

    assert unit.endswith("pytest -n logical --dist worksteal tests/unit -k lane")
    assert '-n logical --dist worksteal -m "not alone" tests/unit tests/integration' in parallel
    assert '-m "alone or e2e" tests/integration tests/e2e' in serial
    assert "-n " not in serial


def test_chosen_tests_are_run_as_they_are_given() -> None:
    """`make test ARGS=...` hands everything on to pytest."""
    [command] = _make("--dry-run", "test", "ARGS=tests/unit -x").stdout.splitlines()

    assert command.endswith("pytest tests/unit -x")


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("up", "docker compose -f docker-compose-api.yml up --build"),
        ("load", "docker compose -f docker-compose-load-testing.yml up --build"),
        ("down", "docker compose -f docker-compose-api.yml down"),
    ],
)
def test_the_docker_targets_are_the_commands_of_the_readme(target: str, command: str) -> None:
    """Nothing is hidden behind them."""
    assert command in [line.strip() for line in _make("--dry-run", target).stdout.splitlines()]
