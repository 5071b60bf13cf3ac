"""`python -m local_stack` with the real MLflow, trainer and API, from an empty folder to a prediction and its end."""

import contextlib
import itertools
import json
import math
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.child_process import ChildProcess
from tests.e2e.checkout import copy_checkout

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
# A proxy without a server, as in the environment of a user behind a proxy.
PROXY = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
READY_WITHIN_SECONDS = 240
ENDED_WITHIN_SECONDS = 60


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _runs(process: psutil.Process) -> bool:
    # A zombie has ended, but its parent, which may be the first process of a container, has not waited for it.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@dataclass(frozen=True)
class Stack:
    """A running stack with its own ports."""

    process: ChildProcess
    api_port: int
    mlflow_port: int

    @property
    def printed(self) -> str:
        """The output so far."""
        return self.process.log.read_text(encoding="utf-8", errors="replace")

    @property
    def programs(self) -> list[psutil.Process]:
        """All descendants of the stack's process."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for(self, sentence: str) -> None:
        """Wait until a sentence is printed."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while sentence not in self.printed:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{sentence!r} was not printed (exit code {self.process.poll()}):\n{self.printed}")
            time.sleep(0.1)

    def wait_for_the_end(self) -> int:
        """Wait for the exit code."""
        return self.process.wait(ENDED_WITHIN_SECONDS)

    def assert_nothing_is_left(self, programs: list[psutil.Process]) -> None:
        """Assert that these processes have ended and nothing listens on the ports."""
        assert programs, "the stack had started nothing"
        deadline = time.monotonic() + ENDED_WITHIN_SECONDS
        while any(map(_runs, programs)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [process for process in programs if _runs(process)] == []
        for port in (self.api_port, self.mlflow_port):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=5)


Start = Callable[..., Stack]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with these libraries, in a folder with special characters for shells, URLs and MLflow."""
    folder = tmp_path_factory.mktemp("100% listo") / "la 'ñ' de $HOME; a&b #1 "
    folder.mkdir()
    copy_checkout(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def python(checkout: Path) -> str:
    """The interpreter of that folder."""
    return str(checkout / ".venv" / "bin" / Path(sys.executable).name)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of all runs of this module; its name has special characters for shells and URLs."""
    return tmp_path_factory.mktemp("datos de ñandú 100% #1")


@pytest.fixture
def start(tmp_path: Path, checkout: Path, python: str, home: Path) -> Iterator[Start]:
    """Starts a stack in an environment with a proxy; ends it after the test if it still runs."""
    inherited = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    numbers = itertools.count()
    with contextlib.ExitStack() as processes:

        def start_stack(command: tuple[str, ...] = (python, "-m", "local_stack"), **variables: str) -> Stack:
            api_port, mlflow_port = _free_ports()
            environment = {
                **inherited,
                **PROXY,
                "API_PORT": str(api_port),
                "MLFLOW_PORT": str(mlflow_port),
                "LOCAL_STACK_HOME": str(home),
                **variables,
            }
            log = tmp_path / f"output-{next(numbers)}"
            process = ChildProcess(command, folder=checkout, environment=environment, log=log)
            return Stack(processes.enter_context(process), api_port, mlflow_port)

        yield start_stack


@pytest.mark.timeout(900)  # a first start and two trainings, perhaps on a busy machine
def test_first_run(start: Start) -> None:
    """With an empty folder a model is trained and served, the printed commands work, and Ctrl-C ends everything."""
    stack = start()
    stack.wait_for("Ctrl-C")

    assert math.isfinite(json.loads(_type(_printed_prediction(stack)))["prediction"])
    assert httpx.get(f"http://127.0.0.1:{stack.api_port}/docs").status_code == 200
    assert "MLflow" in httpx.get(f"http://127.0.0.1:{stack.mlflow_port}/").text

    _type(stack.printed.split("sin reiniciarse:\n")[1].split("\n\n")[0])
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while _served_version(stack) != "2" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _served_version(stack) == "2"

    programs = stack.programs
    stack.process.send_signal(signal.SIGINT)
    assert stack.wait_for_the_end() == 0
    assert stack.printed.endswith("Detenido.\n")
    stack.assert_nothing_is_left(programs)


def test_next_run(start: Start) -> None:
    """The same model is served without training, a second run on the same data is refused, and SIGTERM ends it."""
    stack = start()
    stack.wait_for("Ctrl-C")
    assert _served_version(stack) == "2"
    # The request has the fields of the served model, not those of the reference model.
    assert '"bmi"' in _printed_prediction(stack)
    assert math.isfinite(json.loads(_type(_printed_prediction(stack)))["prediction"])

    second = start()
    assert second.wait_for_the_end() == 2
    assert f"PID {stack.process.pid}" in second.printed

    programs = stack.programs
    stack.process.terminate()
    assert stack.wait_for_the_end() == 0
    stack.assert_nothing_is_left(programs)


def test_exit_of_a_program_ends_the_stack(start: Start) -> None:
    """The exit code is 1, and the message has the program's exit code and the end of its log."""
    stack = start()
    stack.wait_for("Ctrl-C")
    programs = stack.programs
    inference = next(process for process in programs if process.cmdline()[1:] == ["-m", "src"])

    inference.kill()

    assert stack.wait_for_the_end() == 1
    assert "api terminó con código -9." in stack.printed
    assert "Final de " in stack.printed
    stack.assert_nothing_is_left(programs)


def test_a_closed_terminal_ends_everything(start: Start, python: str) -> None:
    """When the terminal is closed, or an SSH connection is lost, all programs end."""
    controller, terminal = pty.openpty()
    # Under `nohup` the tests, and all that they start, ignore SIGHUP; the stack respects that.
    stack = start(_in_terminal(terminal, "env", "--default-signal=HUP", python, "-m", "local_stack"))
    _read_until(controller, "Ctrl-C")
    os.close(terminal)
    programs = stack.programs

    os.close(controller)

    stack.wait_for_the_end()
    stack.assert_nothing_is_left(programs)


def test_ctrl_c_behind_make_run_ends_everything(start: Start) -> None:
    """Ctrl-C sends the signal to make and to the stack: all programs end, and there is no traceback."""
    controller, terminal = pty.openpty()
    stack = start(_in_terminal(terminal, "make", "run", "PYTHON=" + sys.executable))
    _read_until(controller, "Ctrl-C")
    os.close(terminal)
    programs = stack.programs

    os.write(controller, b"\x03")

    printed = _read_until(controller, "Detenido.")
    assert "Traceback" not in printed
    stack.wait_for_the_end()
    stack.assert_nothing_is_left(programs)
    os.close(controller)


def test_interruption_during_the_start(start: Start) -> None:
    """Ctrl-C before the stack is ready ends all programs too, with exit code 0."""
    stack = start()
    while len(stack.programs) < 3:
        time.sleep(0.01)
    programs = stack.programs

    stack.process.send_signal(signal.SIGINT)

    assert stack.wait_for_the_end() == 0
    stack.assert_nothing_is_left(programs)


def test_a_taken_port_stops_before_anything_starts(start: Start) -> None:
    """The message has the process that uses the port and a command that works; the exit code is 2."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stack = start(API_PORT=str(port))

        assert stack.wait_for_the_end() == 2

    assert f"El puerto {port} (API_PORT) está ocupado por" in stack.printed
    assert f"(PID {os.getpid()})" in stack.printed
    assert "make run API_PORT=" in stack.printed
    assert "Traceback" not in stack.printed


def test_an_invalid_variable_is_one_message(start: Start) -> None:
    """The exit code is 2, and the output is one sentence without a traceback."""
    stack = start(MLFLOW_PORT="mlflow")

    assert stack.wait_for_the_end() == 2
    assert stack.printed == "Error: MLFLOW_PORT debe ser un puerto entre 1 y 65535, no 'mlflow'\n"


def test_help_names_every_variable() -> None:
    """`--help` has every variable."""
    completed = subprocess.run(
        [sys.executable, "-m", "local_stack", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    for variable in ("API_PORT", "API_HOST", "MLFLOW_PORT", "LOCAL_STACK_HOME"):
        assert variable in completed.stdout


def _printed_prediction(stack: Stack) -> str:
    command = re.search(r"^ *(curl .*)$", stack.printed, re.MULTILINE)
    assert command is not None
    return f"{command[1]} --silent"


def _served_version(stack: Stack) -> str:
    return str(httpx.get(f"http://127.0.0.1:{stack.api_port}/model").json()["version"])


def _type(script: str) -> str:
    """Run a printed command in another shell with the same proxy; returns its output."""
    environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | PROXY
    command = ["/bin/sh", "-ec", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def _in_terminal(terminal: int, *command: str) -> tuple[str, ...]:
    """The command with its controlling terminal: the first one that a session leader opens (credentials(7))."""
    return ("sh", "-c", 'exec "$@" <>"$0" >&0 2>&1', os.ttyname(terminal), *command)


def _read_until(terminal: int, sentence: str) -> str:
    """Read from a terminal until it has shown a sentence; returns its output."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    printed = ""
    while sentence not in printed:
        try:
            printed += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # the other end is closed
            break
        if time.monotonic() > deadline:
            break
    assert sentence in printed
    return printed
