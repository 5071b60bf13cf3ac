"""`python -m local_stack` with the real MLflow, trainer and API: from nothing to a prediction and back."""

import contextlib
import json
import math
import os
import pty
import re
import shutil
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

from tests.e2e.checkout import copy_checkout

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
needs_setsid = pytest.mark.skipif(shutil.which("setsid") is None, reason="setsid gives a program its own terminal")
# Whoever works behind a proxy has it in every shell. Nobody listens there.
PROXY = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
READY_WITHIN_SECONDS = 240
ENDED_WITHIN_SECONDS = 60


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _runs(process: psutil.Process) -> bool:
    # A zombie has ended; only its parent, which may be a container's idle first process, has not looked yet.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@dataclass(frozen=True)
class Stack:
    """One run with ports of its own."""

    process: subprocess.Popen[bytes]
    api_port: int
    mlflow_port: int
    output: Path

    @property
    def printed(self) -> str:
        """Everything on the terminal so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    @property
    def programs(self) -> list[psutil.Process]:
        """Every process below the stack's own."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for(self, sentence: str) -> None:
        """Wait until it is printed."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while sentence not in self.printed:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{sentence!r} was not printed (exit code {self.process.poll()}):\n{self.printed}")
            time.sleep(0.1)

    def wait_for_the_end(self) -> int:
        """Wait for the exit code."""
        return self.process.wait(ENDED_WITHIN_SECONDS)

    def assert_nothing_is_left(self, programs: list[psutil.Process]) -> None:
        """Neither a process nor a listener."""
        assert programs, "the stack had started nothing"
        gone = time.monotonic() + ENDED_WITHIN_SECONDS
        while any(map(_runs, programs)) and time.monotonic() < gone:
            time.sleep(0.05)
        assert [process for process in programs if _runs(process)] == []
        for port in (self.api_port, self.mlflow_port):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=5)


Start = Callable[..., Stack]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, in a folder whose name needs care in a shell, in a URL and in MLflow, with this run's libraries."""
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
    """Data that the runs of this module share, in a folder whose name needs care in a shell and in a URL."""
    return tmp_path_factory.mktemp("datos de ñandú 100% #1")


@pytest.fixture
def start(tmp_path: Path, checkout: Path, python: str, home: Path) -> Iterator[Start]:
    """Start a stack behind a proxy; whatever a failed test leaves running is ended."""
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as files:

        def start_stack(terminal: int | None = None, command: tuple[str, ...] = (), **variables: str) -> Stack:
            api_port, mlflow_port = _free_ports()
            output = tmp_path / f"output-{len(started)}"
            environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | {
                **PROXY,
                "API_PORT": str(api_port),
                "MLFLOW_PORT": str(mlflow_port),
                "LOCAL_STACK_HOME": str(home),
                **variables,
            }
            process = subprocess.Popen(
                command or (python, "-m", "local_stack"),
                cwd=checkout,
                env=environment,
                stdin=terminal,
                stdout=terminal or files.enter_context(output.open("wb")),
                stderr=terminal or subprocess.STDOUT,
                start_new_session=True,
            )
            started.append(process)
            return Stack(process, api_port, mlflow_port, output)

        yield start_stack

        for process in started:
            if process.poll() is None:
                for program in psutil.Process(process.pid).children(recursive=True):
                    program.kill()
                process.kill()
                process.wait()


@pytest.mark.timeout(900)  # the slowest start of all, twice a training, perhaps on a busy machine
def test_from_nothing_to_a_prediction_and_back(start: Start) -> None:
    """An empty folder becomes a served model, the printed commands work, and Ctrl-C leaves nothing behind."""
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


def test_the_next_run_serves_the_same_model_and_keeps_its_folder_to_itself(start: Start) -> None:
    """Nothing is trained again; another run on the same data is refused by name; SIGTERM ends it like Ctrl-C."""
    stack = start()
    stack.wait_for("Ctrl-C")
    assert _served_version(stack) == "2"
    # The request is the one of the model that serves now, not of the reference model.
    assert '"bmi"' in _printed_prediction(stack)
    assert math.isfinite(json.loads(_type(_printed_prediction(stack)))["prediction"])

    second = start()
    assert second.wait_for_the_end() == 2
    assert f"PID {stack.process.pid}" in second.printed

    programs = stack.programs
    stack.process.terminate()
    assert stack.wait_for_the_end() == 0
    stack.assert_nothing_is_left(programs)


def test_a_program_that_dies_ends_the_stack_with_its_log(start: Start) -> None:
    """No half stack goes on: the exit code is 1 and the reason is on the terminal."""
    stack = start()
    stack.wait_for("Ctrl-C")
    programs = stack.programs
    inference = next(process for process in programs if process.cmdline()[1:] == ["-m", "src"])

    inference.kill()

    assert stack.wait_for_the_end() == 1
    assert "api terminó con código -9." in stack.printed
    assert "Final de " in stack.printed
    stack.assert_nothing_is_left(programs)


@needs_setsid
def test_a_closed_terminal_ends_everything(start: Start, python: str) -> None:
    """Closing the window, or losing the SSH connection, leaves no server behind."""
    person, terminal = pty.openpty()
    # `setsid --ctty` makes it the controlling terminal, as a shell's is. Tests under `nohup` would hand on the wish to
    # outlive the terminal, which the stack grants.
    command = ("env", "--default-signal=HUP", "setsid", "--ctty", "--wait", python, "-m", "local_stack")
    stack = start(terminal, command)
    os.close(terminal)
    _read_until(person, "Ctrl-C")
    programs = stack.programs

    os.close(person)

    stack.wait_for_the_end()
    stack.assert_nothing_is_left(programs)


@needs_setsid
def test_ctrl_c_behind_make_run_ends_everything(start: Start) -> None:
    """The key reaches make and the stack at once; the person sees an orderly end and no traceback."""
    person, terminal = pty.openpty()
    stack = start(terminal, ("setsid", "--ctty", "--wait", "make", "run", "PYTHON=" + sys.executable))
    os.close(terminal)
    _read_until(person, "Ctrl-C")
    programs = stack.programs

    os.write(person, b"\x03")

    printed = _read_until(person, "Detenido.")
    assert "Traceback" not in printed
    stack.wait_for_the_end()
    stack.assert_nothing_is_left(programs)
    os.close(person)


def test_an_interruption_while_starting_is_as_clean(start: Start) -> None:
    """The person may have second thoughts at any moment."""
    stack = start()
    while len(stack.programs) < 3:
        time.sleep(0.01)
    programs = stack.programs

    stack.process.send_signal(signal.SIGINT)

    assert stack.wait_for_the_end() == 0
    stack.assert_nothing_is_left(programs)


def test_a_taken_port_stops_before_anything_starts(start: Start) -> None:
    """The message says who has it and what to type instead, and the exit code is 2."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stack = start(API_PORT=str(port))

        assert stack.wait_for_the_end() == 2

    assert f"El puerto {port} (API_PORT) está ocupado por" in stack.printed
    assert f"(PID {os.getpid()})" in stack.printed
    assert "make run API_PORT=" in stack.printed
    assert "Traceback" not in stack.printed


def test_a_wrong_value_is_said_without_a_traceback(start: Start) -> None:
    """Exit code 2 and one sentence."""
    stack = start(MLFLOW_PORT="mlflow")

    assert stack.wait_for_the_end() == 2
    assert stack.printed == "Error: MLFLOW_PORT debe ser un puerto entre 1 y 65535, no 'mlflow'\n"


def test_help_names_every_variable() -> None:
    """The variables are the interface."""
    told = subprocess.run(
        [sys.executable, "-m", "local_stack", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    for variable in ("API_PORT", "API_HOST", "MLFLOW_PORT", "LOCAL_STACK_HOME"):
        assert variable in told.stdout


def _printed_prediction(stack: Stack) -> str:
    command = re.search(r"^ *(curl .*)$", stack.printed, re.MULTILINE)
    assert command is not None
    return f"{command[1]} --silent"


def _served_version(stack: Stack) -> str:
    return str(httpx.get(f"http://127.0.0.1:{stack.api_port}/model").json()["version"])


def _type(script: str) -> str:
    """Type what is printed into another terminal, behind the same proxy."""
    environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | PROXY
    command = ["/bin/sh", "-ec", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def _read_until(terminal: int, sentence: str) -> str:
    """Read a terminal as a person does."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    printed = ""
    while sentence not in printed:
        try:
            printed += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # the other side is gone
            break
        if time.monotonic() > deadline:
            break
    assert sentence in printed
    return printed
