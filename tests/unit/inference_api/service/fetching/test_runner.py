"""Running the fetch process, and its results."""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from src.errors import ModelError, ModelRefusedError
from src.service.fetching.request import FetchRequest
from src.service.fetching.runner import run_fetch
from tests.unit.inference_api.doubles import eventually, regression, write_bundle

REQUEST = FetchRequest(
    tracking_uri="http://127.0.0.1:9",
    name="año",
    version="1",
    run_id="run",
    source="models:/m-1",
    content_sha256="",
    allow_pickle=False,
    destination="folder",
)


class ScriptedChild:
    """Replaces the Python interpreter of the fetch process by a script."""

    def __init__(self, folder: Path, script: str) -> None:
        """Write the program."""
        self.path = folder / "child"
        self.path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
        self.path.chmod(0o755)


async def run(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: float = 60.0) -> object:
    """Fetch with a scripted process."""
    monkeypatch.setattr(sys, "executable", str(ScriptedChild(folder, script).path))
    return await run_fetch(replace(REQUEST, destination=str(folder / "out")), limit)


def test_request_is_json() -> None:
    """The request is one JSON object."""
    assert FetchRequest(**json.loads(REQUEST.as_json())) == REQUEST


async def test_fetched_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a successful fetch the bundle is read from the destination; other output is ignored."""
    bundle = write_bundle(tmp_path / "out", regression())
    script = "print('downloading'); print(json.dumps({'ok': True}))"
    assert await run(script, tmp_path, monkeypatch) == bundle


async def test_process_gets_the_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process gets the request on its standard input, which is then closed."""
    script = "print(json.dumps({'kind': 'x', 'detail': json.load(sys.stdin)['name']})); sys.exit(1)"
    with pytest.raises(ModelError, match="año"):
        await run(script, tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", [ModelRefusedError, ModelError])
async def test_reason_of_the_process(kind: type[ModelError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason becomes an error of the service: a refusal, or a temporary failure."""
    answer = json.dumps({"kind": kind.kind, "detail": "the reason"})
    with pytest.raises(ModelError, match=r"^the reason$") as caught:
        await run(f"print({answer!r}); sys.exit(1)", tmp_path, monkeypatch)
    assert type(caught.value) is kind


FAILURES = [
    (
        "sys.stderr.write('x' * 9999 + ' no memory'); sys.exit(3)",
        "ended with exit code 3 without giving a reason; the log has its output$",
    ),
    ("sys.exit(0)", "ended with exit code 0"),
    ("print('not json'); sys.exit(0)", "ended with exit code 0"),
    ("print('[]'); sys.exit(1)", "ended with exit code 1"),
    ("print('5'); sys.exit(0)", "ended with exit code 0"),
    ("print(json.dumps({'ok': True})); sys.exit(4)", "ended with exit code 4"),
    ("os.kill(os.getpid(), 9)", "was killed: most likely the container's memory limit"),
    (f"os.kill(os.getpid(), {int(signal.SIGTERM)})", "ended by signal SIGTERM"),
    (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", r"crashed \(SIGSEGV\): the file is damaged"),
    ("os.close(0); print(json.dumps({'ok': True}))", "the cached model cannot be read: FileNotFoundError"),
]


@pytest.mark.parametrize(("script", "reason"), FAILURES)
async def test_broken_child(script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the child ends, the service gets an error of its own with what is known, and not too much of it."""
    with pytest.raises(ModelError, match=reason) as caught:
        await run(script, tmp_path, monkeypatch)
    assert len(caught.value.detail) < 500


async def test_childs_output_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a failing child wrote, such as a traceback, is no reason for people; its end stands in the log."""
    script = (
        "sys.stderr.write('x' * 9999 + ' no memory'); print(json.dumps({'kind': 'x', 'detail': 'short'})); sys.exit(1)"
    )
    with pytest.raises(ModelError, match=r"^short$"):
        await run(script, tmp_path, monkeypatch)
    (record,) = [record for record in caplog.records if record.message == "the fetch failed"]
    assert record.__dict__["stderr"].endswith("xx no memory")
    assert len(record.__dict__["stderr"]) == 4000


async def test_child_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch over its time is killed, and the reason names the setting."""
    with pytest.raises(ModelError, match=r"longer than 0\.5 s \(MODEL_FETCH_SECONDS\)"):
        await run(
            f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)", tmp_path, monkeypatch, 0.5
        )
    assert_ended(tmp_path)


async def test_shutdown_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the service shuts down in the middle of a fetch the child goes with it."""
    pid = tmp_path / "pid"
    script = f"open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    task = asyncio.create_task(run(script, tmp_path, monkeypatch))
    await eventually(lambda: pid.exists() and bool(pid.read_text()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_ended(tmp_path)


def assert_ended(folder: Path) -> None:
    """The child's process is gone, its zombie included."""
    pid = folder / "pid"
    assert not pid.exists() or not Path("/proc", pid.read_text() or "none").exists()
