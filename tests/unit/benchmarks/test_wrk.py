"""The load generator and its output."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cores import Cores
from benchmarks.errors import NotStartedError, ServerFailedError
from benchmarks.target import Target, free_port
from benchmarks.wrk import Wrk, parse

LINE = (
    'WRK {"requests":1000,"microseconds":2000000,"p50":1500,"p99":12000,'
    '"connect":1,"read":2,"write":3,"status":100,"timeout":4}'
)
DELAY_MS = 20


def test_the_line_of_the_script_is_read() -> None:
    """Only successful responses count for the rate; all errors are failures."""
    reading = parse(f"Running 2s test\n  2 threads\n\n{LINE}\n")

    assert reading.requests == 900
    assert reading.rate == pytest.approx(450)
    assert (reading.p50_ms, reading.p99_ms) == (1.5, 12)
    assert reading.failures == 110


def test_missing_line_is_an_error_with_the_output_of_wrk() -> None:
    """There is no line when no server listens, for example."""
    with pytest.raises(ServerFailedError, match=r"unable to connect to 127\.0\.0\.1:9 Connection refused"):
        parse("unable to connect to 127.0.0.1:9 Connection refused\n")


def test_a_missing_wrk_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error says which package to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotStartedError, match="apt-get install wrk"):
        Wrk.find(core=0)


class SlowServer(asyncio.Protocol):
    """Answers each request after a fixed time, and with an error if its body says so."""

    bodies: set[bytes]
    open: set[asyncio.BaseTransport]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses."""
        self._transport = transport
        self.open.add(transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Remove the transport from the open ones."""
        self.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer later; the requests are so small that each arrives in one piece."""
        body = data.rpartition(b"\r\n\r\n")[2]
        self.bodies.add(body)
        status = b"400 Bad Request" if body == b'"bad"' else b"200 OK"
        answer = b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status
        asyncio.get_running_loop().call_later(DELAY_MS / 1000, self._transport.write, answer)  # type: ignore[attr-defined]  # typed as the base


async def _disconnect(server: asyncio.Server) -> None:
    server.close()
    while SlowServer.open:
        for transport in list(SlowServer.open):
            transport.close()
        await asyncio.sleep(0.01)


@pytest.fixture
def slow_port() -> Iterator[int]:
    """The port of a server with a known minimum latency."""
    SlowServer.bodies, SlowServer.open = set(), set()
    port = free_port()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(SlowServer, "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield port
    asyncio.run_coroutine_threadsafe(_disconnect(server), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_latencies_are_at_least_what_the_server_takes(slow_port: int, tmp_path: Path) -> None:
    """In a closed loop the rate is limited as well, because each connection waits for its response."""
    bodies = tmp_path / "bodies"
    bodies.write_text('{"row": 1}\n"bad"\n', encoding="ascii")

    reading = Wrk.find(Cores.choose().load).run_load(
        Target.parse(f"http://127.0.0.1:{slow_port}/predict"), bodies, connections=4, seconds=1
    )

    assert SlowServer.bodies == {b'{"row": 1}', b'"bad"'}
    assert DELAY_MS <= reading.p50_ms <= reading.p99_ms
    answered = reading.requests + reading.failures
    assert 0 < answered <= 4 * (reading.seconds * 1000 / DELAY_MS + 1)
    assert reading.failures == pytest.approx(answered / 2, abs=4)
