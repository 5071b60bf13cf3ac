"""Runs the fetch process; its result is a bundle or one of the service's errors."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

from src.errors import ModelError, ModelRefusedError
from src.service.fetching.request import FetchRequest
from src.service.registry.bundle import Bundle

logger = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).parents[3]
_MAX_STDERR: Final = 4000
_CRASHES: Final = frozenset({signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV})


async def run_fetch(request: FetchRequest, limit_seconds: float) -> Bundle:
    """Download a version in a child process.

    Args:
        request: The version and the destination.
        limit_seconds: The process is killed after this time.

    Raises:
        ModelRefusedError: When the version cannot be served; another attempt would not help.
        ModelError: When it could not be fetched this time.
    """
    command = (sys.executable, "-m", "src.service.fetching.worker")
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_ROOT)
    try:
        async with asyncio.timeout(limit_seconds):
            output, errors = await child.communicate(request.as_json())
    except TimeoutError:
        raise ModelError(f"the fetch took longer than {limit_seconds:g} s (MODEL_FETCH_SECONDS)") from None
    finally:
        await _kill(child)
    _raise_failure(child.returncode, output, errors)
    return Bundle.read(Path(request.destination))


async def _kill(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _raise_failure(code: int | None, output: bytes, errors: bytes) -> None:
    try:
        answer = json.loads(output.splitlines()[-1]) if output.strip() else {}
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if code == 0 and answer.get("ok"):
        return
    if stderr := errors.decode(errors="replace").strip():
        logger.warning("the fetch failed", extra={"exit_code": code, "stderr": stderr[-_MAX_STDERR:]})
    if "detail" in answer:
        kind = ModelRefusedError if answer.get("kind") == ModelRefusedError.kind else ModelError
        raise kind(answer["detail"])
    if code is not None and -code in _CRASHES:
        raise ModelRefusedError(
            f"the process that loads the model first crashed ({signal.Signals(-code).name}): the file is damaged, or "
            "the library has a bug"
        )
    if code is not None and code == -signal.SIGKILL:
        raise ModelError("the fetch was killed: most likely the container's memory limit is too small for it")
    ended = f"by signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
    raise ModelError(
        f"the process that fetches the model ended {ended} without giving a reason; the log has its output"
    )
