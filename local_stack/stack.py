"""The programs of the stack together: all start at once, wait for what they need, and end in reverse order."""

import http
import time
from collections.abc import Callable, Iterable

from local_stack.console import say
from local_stack.errors import ProgramFailedError
from local_stack.interrupt import Interrupt
from local_stack.libraries import importable_libraries
from local_stack.plan import PATIENCE_SECONDS, api, mlflow_server, trainer
from local_stack.ports import PortBinding, require_free
from local_stack.probe import ask
from local_stack.running_program import RunningProgram, running
from local_stack.settings import Settings
from local_stack.welcome import welcome

_POLL_SECONDS = 0.2
_NOTE_SECONDS = 15


def serve(settings: Settings, interrupt: Interrupt) -> None:
    """Run everything until it is interrupted or a program ends."""
    require_free(
        [
            PortBinding(settings.api_host, settings.api_port, "API_PORT"),
            PortBinding("127.0.0.1", settings.mlflow_port, "MLFLOW_PORT"),
        ]
    )
    say(f"Arrancando MLflow, el entrenamiento y la API; datos y registros en {settings.home}")
    with (
        importable_libraries() as libraries,
        running(mlflow_server(settings, libraries), interrupt) as mlflow,
        running(api(settings), interrupt) as inference,
    ):
        needed = (mlflow, inference)
        with running(trainer(settings), interrupt) as training:
            _await(training, lambda: _has_succeeded(training), needed, interrupt)
        _await(inference, lambda: _is_ready(settings), needed, interrupt)
        say(welcome(settings))
        while True:
            _require_running(needed)
            interrupt.pause(_POLL_SECONDS)


def _await(
    program: RunningProgram, done: Callable[[], bool], needed: Iterable[RunningProgram], interrupt: Interrupt
) -> None:
    start = time.monotonic()
    note_at = start + _NOTE_SECONDS
    while True:
        finished = done()
        # After the check: another program on the same port may have answered it.
        _require_running(needed)
        if finished:
            return
        now = time.monotonic()
        if now - start > PATIENCE_SECONDS:
            raise ProgramFailedError(
                f"{program.program.name} no terminó de arrancar en {PATIENCE_SECONDS} s.", program.log
            )
        if now > note_at:
            say(f"  esperando a {program.program.name} ({now - start:.0f} s); su registro: {program.log}")
            note_at = now + _NOTE_SECONDS
        interrupt.pause(_POLL_SECONDS)


def _has_succeeded(program: RunningProgram) -> bool:
    if program.poll() == 0:
        return True
    program.require_running()
    return False


def _is_ready(settings: Settings) -> bool:
    answer = ask(f"{settings.api_url}/ready")
    return answer is not None and answer.status == http.HTTPStatus.OK


def _require_running(programs: Iterable[RunningProgram]) -> None:
    for program in programs:
        program.require_running()
