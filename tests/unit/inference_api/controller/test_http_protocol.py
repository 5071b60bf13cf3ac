"""Requests with `Upgrade`, and bytes that are not HTTP."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn

from src.controller.fast_lane.server import build_server
from src.controller.http_protocol import HttpProtocol
from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, eventually, model_of, regression

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY = json.dumps(EXAMPLE).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
JAVA = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\nUpgrade: h2c\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture(params=[True, False], ids=["lane", "route"], scope="module", loop_scope="module")
async def address(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, int]]:
    """Where a server runs."""
    settings = Settings(mlflow_tracking_uri="http://127.0.0.1:9", fast_lane=request.param, shutdown_seconds=5)
    app = create_app(settings)
    app.state.serving.batcher = MicroBatcher(model_of(regression()), app.state.metrics, 100)
    server = build_server(uvicorn.Config(app, http=HttpProtocol, ws="none", log_config=None), app, settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        yield listener.getsockname()
        server.should_exit = True
        await running


@pytest_asyncio.fixture(loop_scope="module")
async def connection(address: tuple[str, int]) -> AsyncIterator[Connection]:
    """One connection to the server."""
    reader, writer = await asyncio.open_connection(*address)
    yield reader, writer
    writer.close()


def request_of(headers: bytes, body: bytes = BODY) -> bytes:
    """A prediction with these header lines."""
    return b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%b\r\n%b" % (headers, body)


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of the next response."""
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split(b" ")[1]), await reader.readexactly(length)


@pytest.mark.parametrize("offer", [JAVA, b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"])
async def test_body_after_an_upgrade_head_is_read(offer: bytes, connection: Connection) -> None:
    """A prediction with `Upgrade` gets the same response as one without it, on the same connection."""
    reader, writer = connection
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    writer.write(request_of(LENGTH))
    expected = await answer(reader)
    writer.write(request_of(offer + LENGTH) + request_of(offer + b"Transfer-Encoding: chunked\r\n", chunks))
    assert expected[0] == 200
    assert [await answer(reader), await answer(reader)] == [expected, expected]
    writer.write(request_of(LENGTH))
    assert await answer(reader) == expected


async def test_upgrade_request_in_pieces(connection: Connection) -> None:
    """A request with `Upgrade` that arrives in pieces is read with its body."""
    reader, writer = connection
    data = request_of(JAVA + LENGTH)
    for start in range(0, len(data), 7):
        writer.write(data[start : start + 7])
        await writer.drain()
        await asyncio.sleep(0)
    assert (await answer(reader))[0] == 200


async def test_many_upgrade_requests_at_once(connection: Connection) -> None:
    """Two thousand pipelined requests with `Upgrade` are answered without recursion."""
    reader, writer = connection
    offer = b"GET /health HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    writer.write(offer * 2000)
    assert {(await answer(reader))[0] for _ in range(2000)} == {200}


@pytest.mark.parametrize(
    "data",
    [
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT /predict HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PREDICT /predict HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x00\xc8",
    ],
)
async def test_unreadable_request(data: bytes, connection: Connection) -> None:
    """Bytes that are not an HTTP/1.1 request get 400 with the JSON body of all errors; the connection is closed."""
    reader, writer = connection
    writer.write(data)
    status, body = await answer(reader)
    assert status == 400
    assert json.loads(body) | {"detail": ""} == {"error": "bad_request", "detail": "", "fields": []}
    assert await reader.read() == b""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request may take a short time to arrive."""
    monkeypatch.setattr(HttpProtocol, "request_seconds", 0.2)


async def trickle(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send a byte now and then, until the other side has closed."""
    for byte in data:
        if writer.is_closing():
            return
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def last_answer(reader: asyncio.StreamReader) -> tuple[int, str] | None:
    """Status and error of the response with which the connection ends.

    None when it was lost: bytes that reach a closed socket reset the connection, and the reader may see only that.
    """
    try:
        status, body = await answer(reader)
        assert await reader.read() == b""
    except ConnectionResetError:
        return None
    return status, json.loads(body)["error"]


SLOW_HEAD = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 10_000
SLOW_BODY = request_of(b"Content-Encoding: identity\r\nContent-Length: 100000\r\n", b" " * 10_000)
SLOW_CHUNKS = request_of(b"Transfer-Encoding: chunked\r\n", b"1\r\n \r\n" * 10_000)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("first", [b"", request_of(LENGTH), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("slow", [SLOW_HEAD, SLOW_BODY, SLOW_CHUNKS], ids=["head", "body", "chunks"])
async def test_a_request_that_arrives_slowly_is_ended(first: bytes, slow: bytes, connection: Connection) -> None:
    """Bytes that keep coming do not prolong the time of a request, whether or not others came before it."""
    reader, writer = connection
    writer.write(first)
    if first:
        assert (await answer(reader))[0] == 200
    start = slow.index(b"\r\n") + 20
    writer.write(slow[:start])
    sending = asyncio.create_task(trickle(writer, slow[start:]))
    assert await last_answer(reader) in {(408, "request_timeout"), None}
    sending.cancel()


@pytest.mark.usefixtures("short")
async def test_a_body_after_its_answer_gets_no_second_one(connection: Connection) -> None:
    """An answer that came before the end of the body stays the only one: the connection ends."""
    reader, writer = connection
    writer.write(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n\r\n")
    sending = asyncio.create_task(trickle(writer, b"a" * 5000))
    assert (await answer(reader))[0] == 415
    with contextlib.suppress(ConnectionResetError):  # of a byte that came after the end
        assert await reader.read() == b""
    sending.cancel()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("slow", [SLOW_HEAD, SLOW_BODY, SLOW_CHUNKS], ids=["head", "body", "chunks"])
async def test_a_request_that_stops_is_told_why(slow: bytes, connection: Connection) -> None:
    """Where no byte follows any more, the client always gets the response."""
    reader, writer = connection
    writer.write(slow[: slow.index(b"\r\n") + 20])
    assert await last_answer(reader) == (408, "request_timeout")


@pytest.mark.usefixtures("short")
async def test_a_request_in_time_keeps_its_connection(connection: Connection) -> None:
    """The time is that of one request, not of its connection."""
    reader, writer = connection
    for _ in range(8):
        for part in (SLOW_HEAD[:29], b"\r\n\r\n"):
            writer.write(part)
            await asyncio.sleep(0.03)
        assert (await answer(reader))[0] == 200
