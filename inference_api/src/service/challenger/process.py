"""Runs the process of a challenger, and sends it the rows that wait while it predicts others."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from src.errors import ModelError, ModelRefusedError
from src.service.challenger import frames
from src.service.challenger.challenger import ChallengerError
from src.service.metrics.cgroup import CgroupCollector
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).parents[3]
PROGRAM: Final = ("-m", "src.service.challenger_worker")
MAX_QUEUED_ROWS: Final = 4096
MAX_FRAME_ROWS: Final = 512
MAX_FRAME_VALUES: Final = 8192
"""Values of a frame with several rows; to write more at once would hold the event loop for milliseconds."""
HANG_SECONDS: Final = 30.0
"""A process that takes longer for one frame is ended."""
LEAST_MEMORY: Final = 64 << 20
"""What a challenger takes with a small model."""
_FREE_SHARE: Final = 0.03
"""Share of the memory limit that is left free beside the challenger."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """Rows that wait, or are predicted now. Those of a large request go out in several frames."""

    rows: Sequence[Row]
    probabilities: bool
    future: asyncio.Future[list[Outcome]]
    sent: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    cpu_seconds: float = 0.0


class WorkerProcess:
    """A process that has the model of one version.

    Attributes:
        loaded: What it said of its model.
        ended: Why it has ended; None while it runs.
        pid: Its process id.
    """

    def __init__(self, child: Process, loaded: frames.Loaded, on_end: Callable[[], None]) -> None:
        """Begin to send rows to a process that has loaded its model.

        Args:
            child: The process.
            loaded: What it said of its model.
            on_end: Called when the process ends by itself.
        """
        self.loaded = loaded
        self.ended: ModelError | None = None
        self.pid = child.pid
        self._child = child
        self._on_end = on_end
        self._queue: deque[_Waiting] = deque()
        self._rows = 0
        self._wake = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._tasks = loop.create_task(self._serve()), loop.create_task(self._watch())

    @classmethod
    async def start(
        cls, folder: Path, *, allow_pickle: bool, log_level: str, limit_seconds: float, on_end: Callable[[], None]
    ) -> WorkerProcess:
        """Start a process and let it load and verify a model.

        Args:
            folder: The folder of the model's bundle.
            allow_pickle: Whether formats that run code may be loaded.
            log_level: The lowest level that it logs.
            limit_seconds: It is ended when it needs more time for that.
            on_end: Called when the process ends by itself later.

        Raises:
            ModelRefusedError: When the model cannot be served; another attempt would not help.
            ModelError: When it could not be loaded this time.
        """
        room = memory_room()
        if room is not None and room < LEAST_MEMORY:
            raise ModelError(
                f"a challenger takes {LEAST_MEMORY >> 20} MiB at least, and the container has {max(room, 0) >> 20} MiB "
                "left: raise its memory limit (API_MEMORY_LIMIT)"
            )
        request = frames.LoadRequest(str(folder), allow_pickle, log_level, room)
        child = await asyncio.create_subprocess_exec(sys.executable, *PROGRAM, stdin=PIPE, stdout=PIPE, cwd=_ROOT)
        try:
            async with asyncio.timeout(limit_seconds):
                loaded = await _load(child, request)
        except TimeoutError:
            await _kill(child)
            raise ModelError(f"loading it took longer than {limit_seconds:g} s (MODEL_FETCH_SECONDS)") from None
        except BaseException:
            await _kill(child)
            raise
        return cls(child, loaded, on_end)

    async def predict(self, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
        """Predict rows, together with others that wait.

        Args:
            rows: Valid rows of the model.
            probabilities: Whether the outcomes are `ClassProbabilities`.

        Raises:
            ChallengerError: When it has ended, or when too many rows wait.
        """
        return (await self._ask(rows, probabilities=probabilities)).outcomes

    async def predict_measured(self, rows: Sequence[Row]) -> tuple[list[Outcome], float]:
        """The same, with the CPU time that the rows took.

        Raises:
            ChallengerError: As of `predict`.
        """
        asked = await self._ask(rows, probabilities=False)
        return asked.outcomes, asked.cpu_seconds

    def is_idle(self) -> bool:
        """Whether no rows wait and none are predicted."""
        return not self._rows

    async def close(self) -> None:
        """End the process, whatever it does."""
        self.ended = self.ended or ModelError("the challenger was ended")
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._fail_all()
        await _kill(self._child)

    async def _ask(self, rows: Sequence[Row], *, probabilities: bool) -> _Waiting:
        if self.ended is not None:
            raise ChallengerError(self.ended.detail)
        if self._rows and self._rows + len(rows) > MAX_QUEUED_ROWS:
            raise ChallengerError(f"{self._rows} rows are waiting for the challenger")
        asked = _Waiting(rows, probabilities, asyncio.get_running_loop().create_future())
        self._queue.append(asked)
        self._rows += len(rows)
        self._wake.set()
        await asked.future
        return asked

    async def _serve(self) -> None:
        try:
            while True:
                while self._queue:
                    await self._send_next()
                if self._child.returncode is not None:
                    raise EOFError
                self._wake.clear()
                await self._wake.wait()
        except TimeoutError:
            reason = f"the challenger took longer than {HANG_SECONDS:g} s for its rows and was ended"
        except (OSError, EOFError) as error:  # EOFError: asyncio.IncompleteReadError
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._child.wait()
            reason = _ending(self._child.returncode) or f"the challenger does not answer: {type(error).__name__}"
        except frames.FrameError as error:
            reason = str(error)
        except Exception as error:  # nobody would serve those that wait
            logger.exception("rows cannot be sent to the challenger")
            reason = f"unexpected {type(error).__name__} while rows were sent to the challenger"
        await self._end(ModelError(reason))

    async def _watch(self) -> None:
        """Notice the end of the process while no rows are sent to it."""
        await self._child.wait()
        self._wake.set()

    async def _send_next(self) -> None:
        batch = self._take()
        if not batch:
            return
        probabilities = batch[0][0].probabilities
        rows = [row for asked, count in batch for row in asked.rows[asked.sent : asked.sent + count]]
        try:
            content = frames.rows_frame(rows, probabilities=probabilities)
        except (frames.FrameError, MemoryError) as error:
            for asked, _count in batch:
                self._fail(asked, str(error))
            return
        async with asyncio.timeout(HANG_SECONDS):
            outcomes, seconds = frames.read_answers(await _exchange(self._child, content), len(rows))
        first = 0
        for asked, count in batch:
            asked.outcomes += outcomes[first : first + count]
            asked.cpu_seconds += seconds * count / max(len(rows), 1)
            asked.sent += count
            first += count
            if asked.sent == len(asked.rows):
                self._remove(asked)
                if not asked.future.done():
                    asked.future.set_result(asked.outcomes)

    def _take(self) -> list[tuple[_Waiting, int]]:
        """The next rows that go out together, by their requests; those that nobody waits for any more are removed."""
        for asked in [asked for asked in self._queue if asked.future.done()]:
            self._remove(asked)
        batch: list[tuple[_Waiting, int]] = []
        room = MAX_FRAME_ROWS
        for asked in self._queue:
            if asked.probabilities is not self._queue[0].probabilities:
                continue
            if not batch and asked.rows:
                room = max(1, min(room, MAX_FRAME_VALUES // max(len(asked.rows[0]), 1)))
            count = min(len(asked.rows) - asked.sent, room)
            batch.append((asked, count))
            room -= count
            if room <= 0:
                break
        return batch

    def _remove(self, asked: _Waiting) -> None:
        self._queue.remove(asked)
        self._rows -= len(asked.rows)

    def _fail(self, asked: _Waiting, reason: str) -> None:
        self._remove(asked)
        if not asked.future.done():
            asked.future.set_exception(ChallengerError(reason))

    def _fail_all(self) -> None:
        for asked in list(self._queue):
            self._fail(asked, self.ended.detail if self.ended else "")

    async def _end(self, reason: ModelError) -> None:
        self.ended = reason
        self._fail_all()
        await _kill(self._child)
        self._on_end()


def memory_room() -> int | None:
    """Bytes that a challenger may take in the container; None without a limit."""
    found = CgroupCollector().values()
    limit = found.get("inference_memory_limit_bytes")
    return None if limit is None else int(limit * (1 - _FREE_SHARE) - found["inference_memory_bytes"])


async def _load(child: Process, request: frames.LoadRequest) -> frames.Loaded:
    try:
        answer = frames.read_loaded(await _exchange(child, frames.load_frame(request)))
    except (OSError, EOFError):
        await child.wait()
        raise ModelError(_ending(child.returncode)) from None
    except frames.FrameError as error:
        raise ModelError(str(error)) from error
    if isinstance(answer, frames.NotLoaded):
        kind = ModelRefusedError if answer.kind == ModelRefusedError.kind else ModelError
        raise kind(answer.detail)
    return answer


async def _exchange(child: Process, content: bytes) -> bytes:
    """Send a frame and receive the next one."""
    stdin, stdout = cast("asyncio.StreamWriter", child.stdin), cast("asyncio.StreamReader", child.stdout)
    try:
        stdin.write(content)
    except RuntimeError as error:  # of uvloop, for a pipe that is closed
        raise BrokenPipeError(str(error)) from error
    await stdin.drain()
    return await frames.receive(stdout)


def _ending(code: int | None) -> str:
    """Why the process ended by itself, from its exit code."""
    if code is None:
        return ""
    if code == -signal.SIGKILL:
        return "the challenger was killed: most likely the container's memory limit is too small for it"
    by = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return f"the challenger ended {by}; the log has its output"


async def _kill(child: Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()
