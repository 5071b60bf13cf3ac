"""`make secrets`: a `.env` with random passwords."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from accounts import Accounts
from credentials import minio_problem, mysql_problem
from env_file.__main__ import main
from env_file.lines import read_defaults

ROOT = Path(__file__).parents[3]
EXAMPLE = read_defaults((ROOT / ".env.example").read_text(encoding="utf-8"))
# Whatever sounds like a secret: with a public value, or with none.
PASSWORDS = {name for name in EXAMPLE if re.search("PASSWORD|SECRET|TOKEN", name)}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the program reads, on a machine without Docker."""
    for name in (".env.example", "docker-compose-api.yml"):
        shutil.copy2(ROOT / name, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _values(path: Path) -> dict[str, str]:
    return read_defaults(path.read_text(encoding="utf-8"))


def test_every_password_is_random(checkout: Path) -> None:
    """All else stays as in the example, comments included; a second file has other passwords."""
    assert main([], checkout) == 0
    first = _values(checkout / ".env")
    text = (checkout / ".env").read_text(encoding="utf-8")
    (checkout / ".env").unlink()
    main([], checkout)
    second, example = _values(checkout / ".env"), _values(ROOT / ".env.example")

    assert {name for name in first if first[name] != example[name]} == PASSWORDS
    assert {name for name in first if first[name] != second[name]} == PASSWORDS
    # MLflow's key is the password of MinIO.
    assert len({first[name] for name in PASSWORDS}) == len(PASSWORDS) - 1
    restored = re.sub(r"(?m)^(\w+)=.*$", lambda line: f"{line[1]}={example[line[1]]}", text)
    assert restored == (ROOT / ".env.example").read_text(encoding="utf-8")


def test_the_accounts_of_the_stack_are_among_them() -> None:
    """Those of MySQL, MinIO and MLflow."""
    accounts = {"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "MINIO_ROOT_PASSWORD", "AWS_SECRET_ACCESS_KEY"}

    assert accounts | {"MLFLOW_TRACKING_PASSWORD", "MLFLOW_API_PASSWORD"} <= PASSWORDS


def test_mlflow_has_the_key_of_minio(checkout: Path) -> None:
    """The key with which MLflow enters MinIO is the password of MinIO's account."""
    main([], checkout)
    values = _values(checkout / ".env")

    assert values["AWS_SECRET_ACCESS_KEY"] == values["MINIO_ROOT_PASSWORD"]
    assert values["AWS_ACCESS_KEY_ID"] == values["MINIO_ROOT_USER"]


def test_the_passwords_mean_themselves_everywhere(checkout: Path) -> None:
    """Long, and of letters and digits: nothing that .env, a URL, SQL or a shell would read in another way."""
    main([], checkout)
    values = _values(checkout / ".env")

    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", values[name]) for name in PASSWORDS)
    assert mysql_problem("MYSQL_PASSWORD", values["MYSQL_PASSWORD"]) is None
    assert minio_problem("MINIO_ROOT_PASSWORD", values["MINIO_ROOT_PASSWORD"]) is None
    assert Accounts.from_environment({**values, "MLFLOW_AUTH": "true"}) is not None


def test_nobody_else_can_read_the_file(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mode 0600 with any umask; the message says that the first start must follow, and shows no password."""
    before = os.umask(0)
    try:
        main([], checkout)
    finally:
        os.umask(before)

    assert stat.S_IMODE((checkout / ".env").stat().st_mode) == 0o600
    said = capsys.readouterr().out
    assert "primer arranque" in said
    assert not any(_values(checkout / ".env")[name] in said for name in PASSWORDS)


def test_an_existing_file_is_kept(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may have the only copy of a password."""
    (checkout / ".env").write_text("MYSQL_PASSWORD=mine\n", encoding="utf-8")

    assert main([], checkout) == 2
    assert (checkout / ".env").read_text(encoding="utf-8") == "MYSQL_PASSWORD=mine\n"
    assert "ya existe" in capsys.readouterr().err


def test_data_of_an_earlier_start_is_an_error(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MySQL would refuse other passwords: nothing is written, and the message has both ways out."""
    program = checkout / "docker"
    program.write_text('#!/bin/sh\ncase "$*" in *project=taller5\\ *mysql-data) echo taller5_mysql-data;; esac\n')
    program.chmod(0o755)

    assert main([], checkout) == 2
    assert not (checkout / ".env").exists()
    said = capsys.readouterr().err
    assert "taller5_mysql-data" in said
    assert "down -v" in said
    assert "ALTER USER 'mlflow_meta'@'%'" in said


def test_another_project_has_other_data(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data of a project with another name is not in the way."""
    program = checkout / "docker"
    program.write_text('#!/bin/sh\ncase "$*" in *project=taller5\\ *mysql-data) echo taller5_mysql-data;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "other")

    assert main([], checkout) == 0


def test_it_runs_without_an_installation(tmp_path: Path) -> None:
    """`python -m env_file` imports nothing that is installed."""
    shutil.copytree(ROOT / "env_file", tmp_path / "env_file")
    shutil.copy2(ROOT / ".env.example", tmp_path)
    shutil.copy2(ROOT / "docker-compose-api.yml", tmp_path)
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, '.'); import env_file.__main__ as m; m.main([])",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".env").is_file()


def test_make_secrets_writes_the_file(checkout: Path) -> None:
    """`make secrets` runs it with the Python of the system; without an environment, which it does not make."""
    shutil.copytree(ROOT / "env_file", checkout / "env_file")
    shutil.copy2(ROOT / "Makefile", checkout)
    for name, program in (("python3", sys.executable), ("awk", shutil.which("awk", path="/usr/bin:/bin"))):
        (checkout / name).symlink_to(program or name)
    make = shutil.which("make", path="/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin") or "make"
    done = subprocess.run([make, "secrets"], cwd=checkout, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "docker compose -f docker-compose-api.yml up --build" in done.stdout
    assert (checkout / ".env").is_file()
    assert not (checkout / ".venv").exists()
