"""The process of a challenger: `python -m src.service.challenger_worker`, frames on stdin, answers on stdout.

It loads and verifies one model as the serving process does, predicts the rows of each frame, and ends with its input.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import BinaryIO, Final

from src import logs
from src.errors import ApiError, ModelError
from src.failure_log import log_failure
from src.service.challenger import frames
from src.service.child_process import end_before_parent
from src.service.lifecycle.load_model import load_model
from src.service.prediction.model import LoadedModel, Outcome
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

_NICENESS: Final = 10
"""The serving process goes first where both want a core."""


def main() -> int:
    """Load the model that the first frame names, and predict until the input ends."""
    end_before_parent()
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to all; the parent ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    first = frames.receive_now(sys.stdin.buffer)
    if first is None:
        return 0
    request = frames.read_load_request(first)
    logs.configure(request.log_level)
    model = _loaded(request)
    if isinstance(model, frames.NotLoaded):
        _send(answers, frames.loaded_frame(model))
        return 1
    gc.collect()
    gc.freeze()
    names = None if model.classifier is None else model.classifier.names
    _send(answers, frames.loaded_frame(frames.Loaded(names, model.path, model.seconds_per_call)))
    while (content := frames.receive_now(sys.stdin.buffer)) is not None:
        _send(answers, _answers(model, content))
    return 0


def _loaded(request: frames.LoadRequest) -> LoadedModel | frames.NotLoaded:
    folder = Path(request.folder)
    try:
        if request.memory_bytes is not None:
            _limit_memory(request.memory_bytes)
        return load_model(Bundle.read(folder), folder, allow_pickle=request.allow_pickle)
    except Exception as error:
        if _lacks_memory(error):
            return frames.NotLoaded(ModelError.kind, "the challenger needs more memory than the container has left")
        if isinstance(error, ApiError):
            return frames.NotLoaded(error.kind, error.detail)
        logger.exception("the challenger cannot be loaded")
        return frames.NotLoaded(ModelError.kind, f"unexpected {type(error).__name__} while loading the challenger")


def _lacks_memory(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that there is no memory.

    Some extension modules fail without saying why when they get none: Python makes that a SystemError.
    """
    while error is not None and not isinstance(error, MemoryError | SystemError):
        error = error.__cause__ or error.__context__
    return error is not None


def _limit_memory(more: int) -> None:
    """Fail with a MemoryError beyond so many bytes more. At its limit the kernel would take page cache from the parent.

    Memory-mapped files and libraries do not count here, but they can be read again.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = more + _own_data()
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _own_data() -> int:
    """Bytes of private memory that this process has by now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def _answers(model: LoadedModel, content: bytes) -> bytes:
    probabilities, rows = frames.read_rows(content)
    start = process_time()
    outcomes = _outcomes(model, rows, probabilities=probabilities)
    seconds = process_time() - start
    try:
        return frames.answers_frame(outcomes, seconds)
    except (OverflowError, ValueError, frames.FrameError) as error:
        return frames.answers_frame([model.failed(error)] * len(rows), seconds)


def _outcomes(model: LoadedModel, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
    try:
        outcomes = model.predict_with_probabilities(rows) if probabilities else model.predict(rows)
    except Exception as error:  # noqa: BLE001 - an estimator may raise anything, and each row gets an outcome
        outcomes = [model.failed(error)] * len(rows)
    for outcome in outcomes:
        if isinstance(outcome, ApiError):
            log_failure(outcome, "")
    return outcomes


def _send(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()


if __name__ == "__main__":
    sys.exit(main())
