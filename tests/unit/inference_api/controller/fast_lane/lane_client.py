"""A lane in the event loop of the test, and raw clients of it."""

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any, Self

from src.controller.fast_lane.acceptor import Acceptor
from src.controller.fast_lane.handler import FastLane
from src.controller.protocols.table import prediction_endpoints
from src.service.lifecycle.serving_state import ServingState
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.probabilities import Classifier
from src.service.schema.column import Column
from src.settings import Settings
from tests.unit.inference_api.doubles import model_of

X = (Column("x", "number", "float64"),)
WITHIN_SECONDS = 30


def request(x: Any, *headers: str) -> bytes:
    """A plain prediction."""
    body = json.dumps({"x": x}).encode()
    lines = ["POST /predict HTTP/1.1", "Host: api", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def batch_request(values: list[Any]) -> bytes:
    """A plain prediction of many rows."""
    body = json.dumps([{"x": x} for x in values]).encode()
    return b"POST /predict/batch HTTP/1.1\r\nHost: api\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Store the streams of the connection."""
        self.reader, self.writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Send parts one after the other, each after the one before was sent."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.001 if len(parts) > 1 else 0)

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """The next answer: status, headers, JSON body."""
        async with asyncio.timeout(WITHIN_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:-2])
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, json.loads(body)

    async def prediction(self) -> Any:
        """The prediction of the next answer."""
        status, _headers, body = await self.answer()
        assert status == 200, body
        return body["prediction"]

    async def is_closed(self) -> bool:
        """Whether the server closed the connection, and sent nothing before."""
        async with asyncio.timeout(WITHIN_SECONDS):
            return await self.reader.read(1) == b""

    def reset(self) -> None:
        """Close the connection with a reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.writer.transport.abort()


class LaneUnderTest:
    """A lane behind a listening socket; what it hands over is kept.

    Attributes:
        serving: Which model answers.
        metrics: Its metrics.
        handed: What was read of each connection that was handed over.
    """

    def __init__(self, estimator: Any = None, settings: Settings | None = None, *, slow: bool = False) -> None:
        """Serve an estimator, or none."""
        self.settings = settings or Settings(longest_rest_ms=0)
        self.metrics, self.serving = Metrics(), ServingState()
        self.handed: list[tuple[socket.socket, bytes]] = []
        if estimator is not None:
            self.serve(estimator, slow=slow)
        self._clients: list[Client] = []

    def serve(self, estimator: Any, version: str = "1", *, slow: bool = False, limit: int = 100_000) -> None:
        """Put a model in place."""
        self.serving.batcher = MicroBatcher(model_of(estimator, X, slow=slow, version=version), self.metrics, limit)

    def serve_probabilities(self) -> None:
        """Give the model that serves two classes, `a` and `b`."""
        batcher = self.serving.current()
        method = replace(batcher.model.method, name="predict_proba")
        batcher.model = replace(batcher.model, classifier=Classifier.of(["a", "b"], method))

    async def __aenter__(self) -> Self:
        """Open."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.lane = FastLane(
            self.serving,
            self.metrics,
            self.settings,
            prediction_endpoints(self.settings),
            default_headers=lambda: [(b"date", b"today")],
            hand_over=lambda connection, received: self.handed.append((connection, received)),
        )
        self.acceptor = Acceptor(self._listener, self.lane.add)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        self.acceptor.close()
        await self.lane.close(5)
        self._listener.close()
        for connection, _received in self.handed:
            connection.close()
        for client in self._clients:
            client.writer.transport.abort()
        await asyncio.sleep(0)

    async def client(self) -> Client:
        """A new connection."""
        found = Client(*await asyncio.open_connection(*self._listener.getsockname()))
        self._clients.append(found)
        return found
