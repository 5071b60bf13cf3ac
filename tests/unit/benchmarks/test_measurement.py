"""One measurement of one server."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks import measurement as module
from benchmarks.cores import Cores
from benchmarks.errors import NoAnswerError, ServerFailedError
from benchmarks.measurement import measure
from benchmarks.process import Process, quiet_environment
from benchmarks.running_servers import RunningServer
from benchmarks.schedule import Turn
from benchmarks.servers import SERVERS
from benchmarks.target import free_port
from benchmarks.wrk import Wrk
from local_stack.probe import ask

pytestmark = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")

TURN = Turn("example", "single", connections=4, repeat=1)
# A server whose response to a POST is configured by the test. A pause before it leaves the processors to other tests.
_SERVER = """
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_GET(self):
        self.answer(200)
    def do_POST(self):
        {post}
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

Start = Callable[[str], RunningServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers; ends them after the test."""
    started: list[Process] = []
    bodies = tmp_path / "bodies"
    bodies.write_text("{}\n", encoding="ascii")

    def run(post: str) -> RunningServer:
        port = free_port()
        command = [sys.executable, "-c", _SERVER.replace("{post}", post), str(port)]
        process = Process(
            command,
            core=Cores.choose().server,
            log=tmp_path / "log",
            folder=tmp_path,
            environment=quiet_environment({}),
        )
        started.append(process)
        while process.running and ask(f"http://127.0.0.1:{port}/") is None:
            pass
        process.pause()
        return RunningServer(SERVERS["asgi"], "linear", process, port, {"single": bodies})

    yield run
    for process in started:
        process.stop()


@pytest.fixture
def wrk() -> Wrk:
    """The load generator on its own core."""
    return Wrk.find(Cores.choose().load)


def test_measurement_has_all_figures(start: Start, wrk: Wrk) -> None:
    """Its figures agree with each other, and the server is paused again afterwards."""
    running_server = start("time.sleep(0.01); self.answer(200)")

    one = measure(wrk, running_server, "linear", TURN, 1)

    assert (one.server, one.model, one.kind, one.connections, one.repeat) == ("asgi", "linear", "single", 4, 1)
    assert one.rate > 0
    assert 0 < one.p50_ms <= one.p99_ms
    assert one.failures == 0
    assert one.rss_mib > 5
    # CPU per response and cores are computed from the same CPU time.
    assert one.cpu_us * one.rate / 1e6 == pytest.approx(one.cores)
    assert psutil.Process(running_server.process.pid).status() == psutil.STATUS_STOPPED


def test_server_that_exits_under_load_fails(start: Start, wrk: Wrk) -> None:
    """The error has the last line of its log."""
    running_server = start("os.write(2, b'out of luck'); os._exit(3)")

    with pytest.raises(ServerFailedError, match=r"died under load, exit code 3: .*out of luck"):
        measure(wrk, running_server, "linear", TURN, 1)


def test_errors_do_not_count_as_responses(start: Start, wrk: Wrk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that only sends errors is measured once more, and then fails."""
    monkeypatch.setattr(module, "_PATIENCE", 1)

    with pytest.raises(NoAnswerError, match=r"no good answer within 1 s \([1-9]\d* failures\)"):
        measure(wrk, start("time.sleep(0.01); self.answer(503)"), "linear", TURN, 1)
