"""MySQL's first start can be killed at any moment; the server and its client are small scripts here."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "mysql" / "first-start.sh"
MARK = ".first-start-in-progress"


class Machine:
    """A data directory, and programs in place of the image's: an entrypoint that starts, a client that may answer.

    The client writes down the statements that it gets and refuses those that hold the word `refused`.
    """

    def __init__(self, folder: Path) -> None:
        """Set up an empty data directory and a server that does not answer yet."""
        self.data, self.programs = folder / "data", folder / "programs"
        self.statements = folder / "statements"
        self.data.mkdir()
        self.programs.mkdir()
        self.statements.touch()
        self.environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "MYSQL_DATA": str(self.data),
            "MYSQL_USER": "mlflow_meta",
            "MYSQL_PASSWORD": "secret",
            "MYSQL_DATABASE": "mlflow_metadata",
            "MYSQL_ROOT_PASSWORD": "root secret",
        }
        self._program(
            "docker-entrypoint.sh",
            f"""
            echo "started $*, data: $(ls {self.data}), password: ${{MYSQL_ROOT_PASSWORD-}}, user: ${{MYSQL_USER-}}"
            case $* in *--bind-address*) until grep -q SHUTDOWN {self.statements}; do sleep 0.05; done ;; esac
            """,
        )
        self._program("mysql", "exit 1")

    def answer(self) -> None:
        """From now on the server answers queries."""
        self._program(
            "mysql",
            f"""
            case $* in *--batch*) ;; *) exit 0 ;; esac
            statement=$(cat)
            case $statement in *refused*) echo 'ERROR 1470: too long' >&2; exit 1 ;; esac
            printf '%s\\n' "$statement" >>{self.statements}
            """,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin to run the script."""
        return subprocess.Popen(
            ["sh", SCRIPT, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script to the end."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def holds(self) -> set[str]:
        """The names in the data directory."""
        return {entry.name for entry in self.data.iterdir()}

    def _program(self, name: str, lines: str) -> None:
        path = self.programs / name
        unfinished = path.with_suffix(".new")
        unfinished.write_text(f"#!/bin/sh\n{lines}\n")
        unfinished.chmod(0o755)
        unfinished.rename(path)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on its first day."""
    return Machine(tmp_path)


def test_the_mark_stays_until_the_server_answers(machine: Machine) -> None:
    """An empty directory is marked before anything is written, and until then the service is not healthy."""
    with machine.start("mysqld") as process:
        assert process.stdout is not None
        assert "started mysqld --bind-address=127.0.0.1" in process.stdout.readline()
        assert machine.holds() == {MARK}
        assert machine.run("healthy").returncode == 1

        machine.answer()
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert machine.holds() == set()
    assert "started mysqld, data: , password: root secret, user: mlflow_meta" in output.splitlines()[-1]
    assert machine.run("healthy").returncode == 0


def test_a_kill_before_the_end_leaves_the_mark(machine: Machine) -> None:
    """A first start that is killed is known at the next one."""
    with machine.start("mysqld") as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)

    assert machine.holds() == {MARK}


def test_an_unfinished_first_start_begins_anew(machine: Machine) -> None:
    """With the mark of an earlier start everything else is removed, hidden files too, before the image's turn."""
    machine.answer()
    (machine.data / MARK).touch()
    (machine.data / "mysql").mkdir()
    (machine.data / "mysql" / "user.ibd").touch()
    (machine.data / ".hidden").touch()

    assert machine.run("mysqld").stdout.count("data: ,") == 2
    assert machine.holds() == set()


def test_data_without_the_mark_is_never_touched(machine: Machine) -> None:
    """A directory that holds anything and no mark is left alone, whatever the variables say now."""
    (machine.data / "mysql").mkdir()
    (machine.data / "mlflow_metadata").mkdir()
    machine.environment["MYSQL_PASSWORD"] = "a\tb"

    assert "data: mlflow_metadata\nmysql" in machine.run("mysqld").stdout
    assert machine.holds() == {"mysql", "mlflow_metadata"}
    assert machine.statements.read_text() == ""


def test_names_and_passwords_are_quoted_for_sql(machine: Machine) -> None:
    """The image gets none of them; the statements hold them as MySQL reads them back."""
    machine.environment |= {
        "MYSQL_USER": "it's\\me",
        "MYSQL_PASSWORD": """ '"\\\\ @:/%#$!& ñ€😀`*;= """,
        "MYSQL_DATABASE": "a_b`c%",
        "MYSQL_ROOT_PASSWORD": "-r'",
    }
    machine.answer()
    output = machine.run("mysqld").stdout
    [temporary] = re.findall(r"--bind-address=127.0.0.1, .*password: ([0-9a-f-]{36}), user: $", output, re.MULTILINE)

    assert machine.statements.read_text().splitlines() == [
        "CREATE DATABASE `a_b``c%`;",
        f"CREATE USER 'it\\'s\\\\me'@'%' IDENTIFIED BY '{temporary}';",
        r"GRANT ALL ON `a\_b``c\%`.* TO 'it\'s\\me'@'%';",
        r"""ALTER USER 'it\'s\\me'@'%' IDENTIFIED BY ' \'"\\\\ @:/%#$!& ñ€😀`*;= ';""",
        r"ALTER USER IF EXISTS 'root'@'localhost' IDENTIFIED BY '-r\'', 'root'@'%' IDENTIFIED BY '-r\'';",
        "SHUTDOWN;",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("MYSQL_PASSWORD", "", "MYSQL_PASSWORD must be set"),
        ("MYSQL_ROOT_PASSWORD", "a\tb", "MYSQL_ROOT_PASSWORD holds the control character U+0009, which cannot be used"),
        ("MYSQL_PASSWORD", "a\nb", "MYSQL_PASSWORD holds the control character U+000a, which cannot be used"),
        ("MYSQL_USER", "root", "MYSQL_USER cannot be root"),
        ("MYSQL_USER", "u😀", "MYSQL_USER holds a character above U+FFFF, which MySQL cannot keep in a name"),
        ("MYSQL_DATABASE", "d ", "MYSQL_DATABASE begins or ends with a blank, which cannot be used there"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_written(
    variable: str, value: str, sentence: str, machine: Machine
) -> None:
    """The script ends with the variable's name and the reason, and the image's entrypoint is not called."""
    machine.environment[variable] = value
    done = machine.run("mysqld")

    assert done.returncode == 1
    assert f"[first-start] {sentence}" in done.stdout
    assert "started" not in done.stdout
    assert machine.holds() == set()


@pytest.mark.parametrize("variable", ["MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"])
def test_what_the_server_refuses_is_told_by_variable(variable: str, machine: Machine) -> None:
    """The server's own reason stands beside the variable that it is about, and the next start begins anew."""
    machine.environment[variable] = "refused"
    machine.answer()
    with machine.start("mysqld") as process:
        process.wait(timeout=60)
        os.killpg(process.pid, signal.SIGKILL)  # the image's server, which a container takes along
        output = process.stdout.read() if process.stdout else ""

    assert process.returncode == 1
    assert f"MySQL does not take {variable}: ERROR 1470: too long. Change it in .env" in output
    assert machine.holds() == {MARK}


def test_a_server_that_ends_is_told(machine: Machine) -> None:
    """When the image's entrypoint gives up, so does the first start, to begin anew."""
    (machine.programs / "docker-entrypoint.sh").write_text("#!/bin/sh\nexit 3\n")
    done = machine.run("mysqld")

    assert done.returncode == 1
    assert "the server ended during the first start" in done.stdout


def test_help_tells_the_calls(machine: Machine) -> None:
    """`--help` prints what the script is for and changes nothing."""
    done = machine.run("--help")

    assert done.returncode == 0
    assert "first-start.sh healthy" in done.stdout
    assert machine.holds() == set()
