"""The targets of the Makefile."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# `make test ARGS=...` passes these to the tests.
MAKES_OWN = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS", "COMPOSE", "PYTHON"}
MAKE = shutil.which("make") or "make"


def _make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in MAKES_OWN}
    return subprocess.run(
        [MAKE, *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that `make` needs, without a Python environment."""
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


def _interpreter(folder: Path, name: str, version: str) -> None:
    """Put a fake Python of an old version into the folder."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit 1\n', encoding="ascii"
    )
    program.chmod(0o755)


def test_make_without_a_target_lists_all() -> None:
    """`make` prints the targets and runs nothing."""
    listed = _make()

    documented = re.findall(r"^  make ([\w-]+)", listed.stdout, re.MULTILINE)
    declared = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed.returncode == 0
    assert documented == declared[0].split()
    assert {"run", "test", "check", "lock", "up", "down", "load", "clean"} <= set(documented)


def test_an_old_python_is_an_error(clone: Path) -> None:
    """The message has its version, the required one, and how to choose another."""
    programs = clone / "bin"
    programs.mkdir()
    _interpreter(programs, "python3", "3.9.2")

    result = _make("run", folder=clone, PATH=str(programs))

    assert result.returncode != 0
    assert "hace falta Python 3.11 o posterior" in result.stderr
    assert "Python 3.9.2" in result.stderr
    assert "make run PYTHON=" in result.stderr
    assert not (clone / ".venv").exists()


def test_no_python_is_an_error(clone: Path) -> None:
    """The message is the same without any Python."""
    (clone / "bin").mkdir()

    result = _make("run", folder=clone, PATH=str(clone / "bin"))

    assert result.returncode != 0
    assert "hace falta Python 3.11 o posterior" in result.stderr


def test_an_environment_of_an_old_python_is_an_error(clone: Path) -> None:
    """An editor may have created .venv with an old Python: it belongs to the user and is not deleted."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    _interpreter(programs, "python", "3.9.2")

    result = _make("run", folder=clone)

    assert result.returncode != 0
    assert "rm -rf .venv" in result.stderr
    assert programs.is_dir()


def test_an_installed_environment_is_not_changed(clone: Path) -> None:
    """A second `make run` installs nothing, unless requirements-dev.txt has changed."""
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

    assert unit.endswith("pytest --dist worksteal -n logical tests/unit -k lane")
    assert "pytest --dist worksteal -n $(($(getconf _NPROCESSORS_ONLN) + 2)) " in parallel
    assert '-m "not alone" tests/unit tests/integration' in parallel
    assert '-m "alone or e2e" tests/integration tests/e2e' in serial
    assert "-n " not in serial


def test_chosen_tests_are_run_as_they_are_given() -> None:
    """`make test ARGS=...` hands everything on to pytest."""
    [command] = _make("--dry-run", "test", "ARGS=tests/unit -x").stdout.splitlines()

    assert command.endswith("pytest tests/unit -x")


def test_the_table_of_the_prediction_log(clone: Path) -> None:
    """From the Compose stack by its own program, whose output is kept when it is complete; from a folder without it."""
    programs = clone / "programs"
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text('#!/bin/sh\necho "$@"\n[ -z "$CODE" ] || exit "$CODE"\n', encoding="ascii")
    docker.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"

    done = _make("predictions", "OUTPUT=predicciones.parquet", "ARGS=--since 2026-01-01", folder=clone, PATH=path)
    assert done.returncode == 0, done.stderr
    command = "compose -f docker-compose-api.yml run --rm -T predictions --format parquet --since 2026-01-01\n"
    assert (clone / "predicciones.parquet").read_text() == command

    failed = _make("predictions", folder=clone, PATH=path, CODE="1")
    assert failed.returncode != 0
    assert not list(clone.glob("predictions.*"))

    local = _make("--dry-run", "predictions", "FOLDER=.local-stack/prediction-log").stdout.replace("\\\n", "").split()
    assert local[-7:-4] == [".venv/bin/python", "-m", "src.service.prediction_export"]
    assert local[-4:] == ["--folder", '".local-stack/prediction-log"', "--output", '"predictions.csv"']


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("up", "docker compose -f docker-compose-api.yml up --build"),
        ("load", "docker compose -f docker-compose-load-testing.yml up --build"),
        ("down", "docker compose -f docker-compose-api.yml --profile monitoring down"),
    ],
)
def test_the_docker_targets_are_the_commands_of_the_readme(target: str, command: str) -> None:
    """They run exactly these commands."""
    assert command in [line.strip() for line in _make("--dry-run", target).stdout.splitlines()]


def test_the_files_of_the_gateway_become_a_secret(clone: Path) -> None:
    """`make kubernetes-keys` takes each file of secrets/ whose name begins with no dot; without any it is an error."""
    kubectl = clone / "kubectl"
    program = 'if [ "$3" = create ]; then printf "%s " "$@" > created; echo manifest; else cat > applied; fi'
    kubectl.write_text(f"#!/bin/sh\n{program}\n", "ascii")
    kubectl.chmod(0o755)
    (clone / "secrets").mkdir()
    (clone / "secrets/.gitignore").write_text("*\n", "ascii")

    empty = _make("kubernetes-keys", f"KUBECTL={kubectl}", folder=clone)
    for name in ("api-keys", "server.pem"):
        (clone / "secrets" / name).write_text("x\n", "ascii")
    done = _make("kubernetes-keys", f"KUBECTL={kubectl}", folder=clone)

    assert empty.returncode != 0
    assert "make key NAME=" in empty.stderr
    assert done.returncode == 0, done.stderr
    assert (clone / "applied").read_text() == "manifest\n"
    create = (clone / "created").read_text()
    assert create.startswith("-n taller5 create secret generic gateway-secrets --dry-run=client")
    files = [option for option in create.split() if option.startswith("--from-file=")]
    assert sorted(files) == ["--from-file=secrets/api-keys", "--from-file=secrets/server.pem"]
