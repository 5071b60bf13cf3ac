"""The process of a challenger: the real one, and doubles that fail in ways the real one does not on command."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from src.errors import ApiError, ModelError, ModelRefusedError
from src.service.challenger import process as module
from src.service.challenger.challenger import ChallengerError
from src.service.challenger.process import WorkerProcess
from src.service.metrics.cgroup import CgroupCollector
from src.service.prediction.model import Outcome
from src.service.prediction.probabilities import ClassProbabilities
from tests.unit.inference_api.doubles import eventually, regression, write_bundle

DOUBLE = str(Path(__file__).with_name("worker_double.py"))
ROW = (1.0, 1.0, 1.0)


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the memory limit of the machine's own control group, if it has one."""
    monkeypatch.setattr(CgroupCollector, "values", lambda _self: {})
    monkeypatch.setenv("PYTHONPATH", "")  # the double imports from its working directory
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)


def exists(pid: int) -> bool:
    """Whether there is a process with this id."""
    return Path(f"/proc/{pid}").exists()


def oom_score(pid: int) -> int:
    """What the kernel adds to the score of a process when it looks for one to end."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@asynccontextmanager
async def running(folder: Path, on_end: Callable[[], None] = lambda: None) -> AsyncIterator[WorkerProcess]:
    """A process with the bundle in a folder."""
    process = await start(folder, on_end)
    try:
        yield process
    finally:
        await process.close()


async def start(folder: Path, on_end: Callable[[], None] = lambda: None, limit: float = 60.0) -> WorkerProcess:
    """Start a process with the bundle in a folder."""
    return await WorkerProcess.start(folder, allow_pickle=False, log_level="INFO", limit_seconds=limit, on_end=on_end)


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Awaitable[WorkerProcess]]:
    """Starts a double that does what it is told."""

    # With -m, the working directory is on the import path.
    def begin(mode: str, on_end: Callable[[], None] = lambda: None, limit: float = 60.0) -> Awaitable[WorkerProcess]:
        code = f"import runpy, sys; sys.argv = ['double', {mode!r}]; runpy.run_path({DOUBLE!r}, run_name='__main__')"
        monkeypatch.setattr(module, "PROGRAM", ("-c", code))
        return start(tmp_path, on_end, limit)

    return begin


async def test_predictions(tmp_path: Path) -> None:
    """The real process loads, verifies and predicts; it has low priority, and is the first that the kernel ends."""
    write_bundle(tmp_path, regression(), "7")
    async with running(tmp_path) as process:
        assert (process.loaded.class_names, process.loaded.path) == (None, "direct")
        assert await process.predict([ROW, (0.0, 0.0, 1.0)], probabilities=False) == pytest.approx([111, 100])
        outcomes, seconds = await process.predict_measured([ROW])
        assert outcomes == pytest.approx([111])
        assert seconds > 0
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 10
        assert oom_score(process.pid) == 1000
        unknown = (await process.predict([("text", 1.0, 1.0)], probabilities=False))[0]
        assert isinstance(unknown, ApiError)
        assert (unknown.status, unknown.kind) == (422, "prediction_refused")
    assert process.ended is not None
    assert not exists(process.pid)
    with pytest.raises(ChallengerError, match="the challenger was ended"):
        await process.predict([ROW], probabilities=False)


async def test_probabilities(tmp_path: Path) -> None:
    """A classifier names its classes and has their probabilities."""
    rows = [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)] * 5
    write_bundle(tmp_path, LogisticRegression().fit(rows, ["no", "yes"] * 5))
    async with running(tmp_path) as process:
        assert process.loaded.class_names == ("no", "yes")
        (outcome,) = await process.predict([ROW], probabilities=True)
        assert isinstance(outcome, ClassProbabilities)
        assert outcome.prediction == "yes"
        assert sum(outcome.probabilities) == pytest.approx(1.0)


async def test_refused_models(tmp_path: Path) -> None:
    """A model that the champion's loading refuses is refused here with the same reason."""
    write_bundle(tmp_path, FunctionTransformer(os.system))
    with pytest.raises(ModelRefusedError, match=r"posix\.system"):
        await start(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        await start(tmp_path / "nothing")


async def test_too_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is nearly full starts no process; in one that is too full for this model it fails to load."""
    write_bundle(tmp_path, regression())
    values = {"inference_memory_limit_bytes": float(1 << 30), "inference_memory_bytes": float(1 << 30) - (40 << 20)}
    monkeypatch.setattr(CgroupCollector, "values", lambda _self: values)
    with pytest.raises(ModelError, match=r"takes 64 MiB at least, and the container has \d+ MiB left: raise"):
        await start(tmp_path)
    monkeypatch.setattr(module, "LEAST_MEMORY", 0)
    monkeypatch.setattr(module, "memory_room", lambda: 1 << 20)
    with pytest.raises(ModelError, match=r"more memory than the container has left"):
        await start(tmp_path)


ENDS: dict[str, str] = {
    "exits": "the challenger ended with exit code 3; the log has its output",
    "garbage": "sent something else than answers",
    "too few": "sent 0 answers for 1 rows",
    "half a frame": "ended with exit code 0",
}


@pytest.mark.parametrize("mode", ENDS)
async def test_process_that_fails(mode: str, doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """A process that ends or sends nonsense is ended; those that wait, and those that come later, get the reason."""
    ends = asyncio.Event()
    process = await doing(mode, ends.set)
    found = await asyncio.gather(
        *(process.predict([ROW], probabilities=wanted) for wanted in (False, True)), return_exceptions=True
    )
    assert {type(error) for error in found} == {ChallengerError}
    assert all(ENDS[mode] in str(error) for error in found)
    await asyncio.wait_for(ends.wait(), 30)
    assert process.ended is not None
    assert ENDS[mode] in process.ended.detail
    with pytest.raises(ChallengerError):
        await process.predict([ROW], probabilities=False)
    await process.close()
    assert not exists(process.pid)


async def test_kill(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """A process that the kernel kills is most likely too large, says the reason."""
    process = await doing("stands still")
    waiting = asyncio.create_task(process.predict([ROW], probabilities=False))
    await eventually(lambda: not process.is_idle())
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ChallengerError, match="memory limit is too small"):
        await waiting
    await process.close()


async def test_kill_while_it_has_nothing_to_do(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """The end of the process is noticed at once, not only when rows are sent."""
    ends = asyncio.Event()
    process = await doing("", ends.set)
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.wait_for(ends.wait(), 30)
    assert process.ended is not None
    assert "was killed" in process.ended.detail
    await process.close()


async def test_hanging_process(doing: Callable[..., Awaitable[WorkerProcess]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that stands still is ended after a while."""
    monkeypatch.setattr(module, "HANG_SECONDS", 0.05)
    process = await doing("stands still")
    with pytest.raises(ChallengerError, match=r"took longer than 0\.05 s for its rows and was ended"):
        await process.predict([ROW], probabilities=False)
    await process.close()


STARTS = {
    "exits at once": "the challenger ended with exit code 3",
    "no state": "sent something else than its state",
}


@pytest.mark.parametrize("mode", STARTS)
async def test_process_that_does_not_start(mode: str, doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """A process that fails before it has loaded is an error of the load."""
    with pytest.raises(ModelError, match=STARTS[mode]):
        await doing(mode)


async def test_time_limit_of_the_load(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """A load that takes too long is ended."""
    with pytest.raises(ModelError, match="took longer than 0 s"):
        await doing("", limit=0.0)


async def test_rows_that_wait_go_together(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """What comes while others are predicted goes out in one frame, those with and without probabilities apart."""
    process = await doing("")
    tasks = [asyncio.create_task(process.predict([ROW], probabilities=True)) for _ in range(20)]
    tasks += [asyncio.create_task(process.predict([(7.0,)], probabilities=False))]
    outcomes: list[list[Outcome]] = await asyncio.gather(*tasks)
    assert outcomes[:-1] == [[20.0]] * 20
    assert outcomes[-1] == [7.0]
    assert process.is_idle()
    await process.close()


async def test_large_requests_go_out_in_parts(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """A request with more rows than a frame is answered whole and in order, with the CPU time of all parts."""
    process = await doing("")
    rows = [(float(place),) for place in range(3000)]
    outcomes, seconds = await process.predict_measured(rows)
    assert outcomes == [row[0] for row in rows]
    assert seconds == pytest.approx(0.5 * -(-3000 // module.MAX_FRAME_ROWS))
    await process.close()


async def test_no_rows(doing: Callable[..., Awaitable[WorkerProcess]]) -> None:
    """No rows have no outcomes."""
    process = await doing("")
    assert await process.predict_measured([]) == ([], 0.0)
    await process.close()


async def test_bounded_queue_and_clients_that_left(
    doing: Callable[..., Awaitable[WorkerProcess]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a number of rows it refuses more; rows that nobody waits for any more are not sent, and leave room."""
    monkeypatch.setattr(module, "MAX_QUEUED_ROWS", 10)
    process = await doing("stands still")
    first = asyncio.create_task(process.predict([ROW] * 5, probabilities=False))
    await asyncio.sleep(0)
    second = asyncio.create_task(process.predict([ROW] * 5, probabilities=False))
    await asyncio.sleep(0)
    with pytest.raises(ChallengerError, match="10 rows are waiting"):
        await process.predict([ROW], probabilities=False)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert process._take() == []
    assert process.is_idle()
    await process.close()


def test_process_ends_with_its_parent(tmp_path: Path) -> None:
    """When the serving process is killed, that of the challenger ends too, even while it predicts."""
    write_bundle(tmp_path, regression())
    program = f"""
import asyncio, os, signal
from pathlib import Path
from src.service.challenger.process import WorkerProcess
async def main():
    process = await WorkerProcess.start(
        Path({str(tmp_path)!r}), allow_pickle=False, log_level="INFO", limit_seconds=60, on_end=lambda: None)
    os.kill(process.pid, signal.SIGSTOP)
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=module._ROOT,
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    pid = int(done.stdout)
    asyncio.run(eventually(lambda: not exists(pid)))
