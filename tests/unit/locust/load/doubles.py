"""Servers with one fault each, to test how the users react: real sockets, in the test's own gevent hub."""

from __future__ import annotations

import json
import socket as platform
import struct
from pathlib import Path
from typing import Any, Self

import gevent
from gevent import ssl
from gevent.server import StreamServer
from gevent.socket import socket, wait_read

EXAMPLE = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
PREDICTION = b'{"prediction":12.5}'


def http(body: bytes, status: str = "200 OK", *fields: str) -> bytes:
    """An HTTP/1.1 response with a content-length."""
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class PredictionServer:
    """Answers every request with a prediction and keeps the connection; subclasses change one thing.

    Attributes:
        connections: Connections that were opened.
        requests: Requests that were read, in full.
    """

    def __init__(
        self, answer: bytes = http(PREDICTION), address: str = "127.0.0.1", certificate: Path | None = None
    ) -> None:
        """Choose the answer, and a certificate for TLS; the port is free."""
        family = platform.AF_INET6 if ":" in address else platform.AF_INET
        listener = platform.create_server((address, 0), family=family)
        listener.settimeout(0)
        self._scheme = "http" if certificate is None else "https"
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self._server = StreamServer(listener, self._serve, **({} if context is None else {"ssl_context": context}))
        self._host = f"[{address}]" if ":" in address else address
        self.answer = answer
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"{self._scheme}://{self._host}:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening and end all connections."""
        self._server.stop(timeout=1)

    def _serve(self, connection: socket, _: object) -> None:
        self.connections += 1
        served = 0
        while (request := self.read(connection)) is not None:
            self.requests.append(request)
            served += 1
            if not self.reply(connection, request, served):
                return

    def read(self, connection: socket) -> bytes | None:
        """One request with a content-length; None when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields.get(b"content-length", b"0")):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def reply(self, connection: socket, request: bytes, served: int) -> bool:  # noqa: ARG002 - used by subclasses
        """Answer a request, the n-th of its connection; False closes the connection."""
        connection.sendall(self.answer)
        return True


class ApiServer(PredictionServer):
    """The routes that a run requests before it starts; the answer of each can be replaced."""

    def __init__(self, certificate: Path | None = None) -> None:
        """Be ready and serve a model with an example."""
        super().__init__(certificate=certificate)
        self.ready = http(b'{"status":"ready"}')
        self.schema = http(json.dumps(openapi(EXAMPLE)).encode())

    def reply(self, connection: socket, request: bytes, served: int) -> bool:
        """Answer by path."""
        path = request.split(b" ", 2)[1]
        routes = {b"/ready": self.ready, b"/openapi.json": self.schema, b"/predict": self.answer}
        connection.sendall(routes.get(path, http(b"{}", "404 Not Found")))
        return served > 0


class SilentServer(PredictionServer):
    """Takes requests and never answers."""

    def reply(self, connection: socket, request: bytes, served: int) -> bool:  # noqa: ARG002 - never answers
        """Wait for longer than any test."""
        gevent.sleep(60)
        return False


class DelayedServer(PredictionServer):
    """Takes a known time for each answer.

    Attributes:
        milliseconds: That time.
    """

    milliseconds = 50

    def reply(self, connection: socket, request: bytes, served: int) -> bool:
        """Sleep, then answer."""
        gevent.sleep(self.milliseconds / 1000)
        return super().reply(connection, request, served)


class ByteByByteServer(PredictionServer):
    """Sends an answer byte by byte, each well within any timeout."""

    def reply(self, connection: socket, request: bytes, served: int) -> bool:  # noqa: ARG002 - the same for all
        """Send one byte every 20 ms."""
        for byte in self.answer:
            connection.sendall(bytes([byte]))
            gevent.sleep(0.02)
        return True


class ClosingServer(PredictionServer):
    """Answers some requests of a connection, then reads one and closes without an answer."""

    def __init__(self, after: int = 0, certificate: Path | None = None) -> None:
        """Choose how many requests of a connection are answered first."""
        super().__init__(certificate=certificate)
        self._after = after

    def reply(self, connection: socket, request: bytes, served: int) -> bool:
        """Answer the first, close on the next."""
        return served <= self._after and super().reply(connection, request, served)


class IdleClosingServer(PredictionServer):
    """Answers without `Connection: close`, and closes the connection as soon as it is idle."""

    def __init__(self, *, reset: bool = False, certificate: Path | None = None) -> None:
        """Choose between a normal close and a reset."""
        super().__init__(certificate=certificate)
        self._reset = reset

    def reply(self, connection: socket, request: bytes, served: int) -> bool:
        """Answer and close."""
        super().reply(connection, request, served)
        if self._reset:
            connection.setsockopt(platform.SOL_SOCKET, platform.SO_LINGER, struct.pack("ii", 1, 0))
        return False


class UnreadClosingServer(PredictionServer):
    """Answers, then closes when the next request has arrived, without reading it, as an idle timer may do."""

    def reply(self, connection: socket, request: bytes, served: int) -> bool:
        """Answer, and wait for the next request."""
        super().reply(connection, request, served)
        wait_read(connection.fileno())
        return False


class TruncatingServer(PredictionServer):
    """Closes in the middle of an answer."""

    def reply(self, connection: socket, request: bytes, served: int) -> bool:  # noqa: ARG002 - half of any answer
        """Send all but the end."""
        connection.sendall(self.answer[:-5])
        return False


def openapi(example: Any) -> dict[str, Any]:
    """The part of an OpenAPI document that a run reads."""
    content = {"application/json": {"example": example} if example is not None else {}}
    return {"paths": {"/predict": {"post": {"requestBody": {"content": content}}}}}


def free_port() -> int:
    """A port on which nothing listens."""
    with platform.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port
