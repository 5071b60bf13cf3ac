"""MySQL's first start can be killed at any moment; the server and its client are small scripts here."""

import os
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "mysql" / "first-start.sh"
MARK = ".first-start-in-progress"


class Machine:
    """A data directory, and programs in place of the image's: an entrypoint that starts, a client that may answer."""

    def __init__(self, folder: Path) -> None:
        """Set up an empty data directory and a server that does not answer yet."""
        self.data, self.programs = folder / "data", folder / "programs"
        self.data.mkdir()
        self.programs.mkdir()
        self._program("docker-entrypoint.sh", f'echo "started $*, data: $(ls {self.data})"')
        self._program("mysql", "exit 1")

    def answer(self) -> None:
        """From now on the server answers queries."""
        self._program("mysql", "exit 0")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script to the end of what it starts."""
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "MYSQL_DATA": str(self.data),
            "MYSQL_USER": "mlflow_meta",
            "MYSQL_PASSWORD": "secret",
            "MYSQL_DATABASE": "mlflow_metadata",
        }
        output = self.programs / "output"
        with output.open("w") as file:
            done = subprocess.run(["sh", SCRIPT, *arguments], env=environment, stdout=file, stderr=file, check=False)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read_text())

    def holds(self) -> set[str]:
        """The names in the data directory."""
        return {entry.name for entry in self.data.iterdir()}

    def _program(self, name: str, line: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on its first day."""
    return Machine(tmp_path)


def wait_for_the_mark_to_go(machine: Machine) -> None:
    """Wait until the script's watcher has seen the server answer."""
    deadline = time.monotonic() + 30
    while MARK in machine.holds():
        assert time.monotonic() < deadline, "the mark is still there"
        time.sleep(0.05)


def test_the_mark_stays_until_the_server_answers(machine: Machine) -> None:
    """An empty directory is marked before anything is written, and until then the service is not healthy."""
    assert "started mysqld" in machine.run("mysqld").stdout
    assert machine.holds() == {MARK}
    assert machine.run("healthy").returncode == 1

    machine.answer()
    wait_for_the_mark_to_go(machine)
    assert machine.run("healthy").returncode == 0


def test_an_unfinished_first_start_begins_anew(machine: Machine) -> None:
    """With the mark of an earlier start everything else is removed, hidden files too, before the image's turn."""
    machine.answer()
    (machine.data / MARK).touch()
    (machine.data / "mysql").mkdir()
    (machine.data / "mysql" / "user.ibd").touch()
    (machine.data / ".hidden").touch()

    assert machine.run("mysqld").stdout.count("data: \n") == 1
    wait_for_the_mark_to_go(machine)


def test_data_without_the_mark_is_never_touched(machine: Machine) -> None:
    """A directory that holds anything and no mark is left alone, whether the server answers or not."""
    (machine.data / "mysql").mkdir()
    (machine.data / "mlflow_metadata").mkdir()

    assert "data: mlflow_metadata\nmysql" in machine.run("mysqld").stdout
    assert machine.holds() == {"mysql", "mlflow_metadata"}


def test_help_tells_the_calls(machine: Machine) -> None:
    """`--help` prints what the script is for and changes nothing."""
    done = machine.run("--help")

    assert done.returncode == 0
    assert "first-start.sh healthy" in done.stdout
    assert machine.holds() == set()
