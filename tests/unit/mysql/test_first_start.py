"""A first start of MySQL may be killed at any moment. The server and its client are small scripts here."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "mysql" / "first-start.sh"
MARKER = ".first-start-in-progress"


class FakeContainer:
    """A data directory, and scripts in place of the image's programs: an entrypoint that starts, and a client.

    The client records its statements, and refuses those with the word `refused`.
    """

    def __init__(self, folder: Path) -> None:
        """Create an empty data directory and a server that does not answer yet."""
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

    def start_answering(self) -> None:
        """Let the server answer queries from now on."""
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
        """Start the script."""
        return subprocess.Popen(
            ["sh", SCRIPT, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def data_names(self) -> set[str]:
        """The names in the data directory."""
        return {entry.name for entry in self.data.iterdir()}

    def _program(self, name: str, lines: str) -> None:
        path = self.programs / name
        unfinished = path.with_suffix(".new")
        unfinished.write_text(f"#!/bin/sh\n{lines}\n")
        unfinished.chmod(0o755)
        unfinished.rename(path)


@pytest.fixture
def container(tmp_path: Path) -> FakeContainer:
    """A container before its first start."""
    return FakeContainer(tmp_path)


def test_the_marker_exists_until_the_accounts_are_created(container: FakeContainer) -> None:
    """The marker is created in an empty directory; until it is removed, the service is not healthy."""
    with container.start("mysqld") as process:
        assert process.stdout is not None
        assert "started mysqld --bind-address=127.0.0.1" in process.stdout.readline()
        assert container.data_names() == {MARKER}
        assert container.run("healthy").returncode == 1

        container.start_answering()
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert container.data_names() == set()
    assert "started mysqld, data: , password: root secret, user: mlflow_meta" in output.splitlines()[-1]
    assert container.run("healthy").returncode == 0


def test_a_kill_before_the_end_leaves_the_marker(container: FakeContainer) -> None:
    """The next start detects that the first one was killed."""
    with container.start("mysqld") as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)

    assert container.data_names() == {MARKER}


def test_an_incomplete_first_start_is_repeated(container: FakeContainer) -> None:
    """With a marker everything else is deleted, hidden files too, before the image's entrypoint runs."""
    container.start_answering()
    (container.data / MARKER).touch()
    (container.data / "mysql").mkdir()
    (container.data / "mysql" / "user.ibd").touch()
    (container.data / ".hidden").touch()

    assert container.run("mysqld").stdout.count("data: ,") == 2
    assert container.data_names() == set()


def test_data_without_the_marker_is_not_changed(container: FakeContainer) -> None:
    """A directory with data and without a marker is not changed, whatever the variables are."""
    (container.data / "mysql").mkdir()
    (container.data / "mlflow_metadata").mkdir()
    container.environment["MYSQL_PASSWORD"] = "a\tb"

    assert "data: mlflow_metadata\nmysql" in container.run("mysqld").stdout
    assert container.data_names() == {"mysql", "mlflow_metadata"}
    assert container.statements.read_text() == ""


def test_names_and_passwords_are_quoted_for_sql(container: FakeContainer) -> None:
    """The image gets none of them; MySQL reads the original values from the statements."""
    container.environment |= {
        "MYSQL_USER": "it's\\me",
        "MYSQL_PASSWORD": """ '"\\\\ @:/%#$!& ñ€😀`*;= """,
        "MYSQL_DATABASE": "a_b`c%",
        "MYSQL_ROOT_PASSWORD": "-r'",
    }
    container.start_answering()
    output = container.run("mysqld").stdout
    [temporary] = re.findall(r"--bind-address=127.0.0.1, .*password: ([0-9a-f-]{36}), user: $", output, re.MULTILINE)

    assert container.statements.read_text().splitlines() == [
        "CREATE DATABASE `a_b``c%`;",
        f"CREATE USER 'it\\'s\\\\me'@'%' IDENTIFIED BY '{temporary}';",
        r"GRANT ALL ON `a\_b``c\%`.* TO 'it\'s\\me'@'%';",
        r"""ALTER USER 'it\'s\\me'@'%' IDENTIFIED BY ' \'"\\\\ @:/%#$!& ñ€😀`*;= ';""",
        r"ALTER USER IF EXISTS 'root'@'localhost' IDENTIFIED BY '-r\'', 'root'@'%' IDENTIFIED BY '-r\'';",
        "SHUTDOWN;",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MYSQL_PASSWORD", "", "MYSQL_PASSWORD must be set"),
        (
            "MYSQL_ROOT_PASSWORD",
            "a\tb",
            "MYSQL_ROOT_PASSWORD holds the control character U+0009, which cannot be used",
        ),
        ("MYSQL_PASSWORD", "a\nb", "MYSQL_PASSWORD holds the control character U+000a, which cannot be used"),
        ("MYSQL_USER", "root", "MYSQL_USER cannot be root"),
        ("MYSQL_USER", "u😀", "MYSQL_USER holds a character above U+FFFF, which MySQL cannot keep in a name"),
        ("MYSQL_DATABASE", "d ", "MYSQL_DATABASE begins or ends with a blank, which cannot be used there"),
    ],
)
def test_an_invalid_value_ends_the_script_first(
    variable: str, value: str, message: str, container: FakeContainer
) -> None:
    """The script names the variable and the reason, and the image's entrypoint is not called."""
    container.environment[variable] = value
    done = container.run("mysqld")

    assert done.returncode == 1
    assert f"[first-start] {message}" in done.stdout
    assert "started" not in done.stdout
    assert container.data_names() == set()


@pytest.mark.parametrize("variable", ["MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"])
def test_a_value_that_the_server_refuses_is_named(variable: str, container: FakeContainer) -> None:
    """The message has the variable and the server's reason; the next start repeats the first one."""
    container.environment[variable] = "refused"
    container.start_answering()
    with container.start("mysqld") as process:
        process.wait(timeout=60)
        os.killpg(process.pid, signal.SIGKILL)  # with the process group, as when a container ends
        output = process.stdout.read() if process.stdout else ""

    assert process.returncode == 1
    assert f"MySQL does not take {variable}: ERROR 1470: too long. Change it in .env" in output
    assert container.data_names() == {MARKER}


def test_the_end_of_the_server_ends_the_first_start(container: FakeContainer) -> None:
    """When the image's entrypoint ends, the script ends too, and the next start repeats the first one."""
    (container.programs / "docker-entrypoint.sh").write_text("#!/bin/sh\nexit 3\n")
    done = container.run("mysqld")

    assert done.returncode == 1
    assert "the server ended during the first start" in done.stdout


def test_help_is_printed(container: FakeContainer) -> None:
    """`--help` prints the calls and changes nothing."""
    done = container.run("--help")

    assert done.returncode == 0
    assert "first-start.sh healthy" in done.stdout
    assert container.data_names() == set()
