"""A raw HTTP/1.1 client: bytes in any pieces, answers one by one, and every way to end a connection."""

import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from time import sleep
from typing import Self

from wire_answer import Answer

PATIENCE_SECONDS = 30.0
_PART = 1 << 16


class Client:
    """One TCP connection to a service.

    Attributes:
        was_reset: The server ended the connection with a reset instead of an orderly end.
    """

    def __init__(self, url: str, *, receive_buffer: int | None = None, patience: float = PATIENCE_SECONDS) -> None:
        """Connect.

        Args:
            url: The service's base URL.
            receive_buffer: Size of the kernel's receive buffer, for a client that reads slowly.
            patience: Seconds to wait for each part of an answer.
        """
        host, _, port = url.removeprefix("http://").partition(":")
        self._socket = socket.socket()
        self._socket.settimeout(patience)
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self.was_reset = False

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, *_details: object) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send everything; no error if the server has closed the connection."""
        with suppress(ConnectionError):
            self._socket.sendall(data)

    def send_pieces(self, pieces: Sequence[tuple[bytes, float]]) -> None:
        """Send each piece, then pause for its seconds."""
        for piece, pause in pieces:
            self.send(piece)
            sleep(pause)

    def answer(self, method: str = "POST") -> Answer | None:
        """The next answer; None when the server closed the connection.

        Args:
            method: Of the request: an answer to HEAD has no body.

        Raises:
            AssertionError: When nothing comes, or the connection ends inside an answer.
        """
        while True:
            found = Answer.parse(self._received, method)
            if found is not None:
                answer, length = found
                del self._received[:length]
                return answer
            part = self._receive()
            if not part:
                assert not self._received, f"the connection ended inside an answer: {bytes(self._received)!r}"
                return None
            self._received += part

    def answers(self, count: int) -> list[Answer]:
        """The next answers."""
        found = []
        for place in range(count):
            answer = self.answer()
            assert answer is not None, f"the connection ended after {place} of {count} answers"
            found.append(answer)
        return found

    def end(self) -> bytes:
        """Wait until the server closes the connection; returns what it sent before and was not read."""
        while part := self._receive():
            self._received += part
        return bytes(self._received)

    def is_silent(self, seconds: float) -> bool:
        """Whether the connection stays open and nothing arrives for some seconds."""
        before = self._socket.gettimeout()
        self._socket.settimeout(seconds)
        try:
            self._received += self._receive(patient=False)
        except TimeoutError:
            return not self._received
        finally:
            self._socket.settimeout(before)
        return False

    def half_close(self) -> None:
        """Send no more, but continue to read."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _receive(self, *, patient: bool = True) -> bytes:
        try:
            return self._socket.recv(_PART)
        except ConnectionResetError:
            self.was_reset = True
            return b""
        except TimeoutError:
            if not patient:
                raise
            raise AssertionError(f"nothing came; unread so far: {bytes(self._received[:200])!r}") from None


@contextmanager
def clients(url: str, count: int) -> Iterator[list[Client]]:
    """Several connections, all closed at the end."""
    with ExitStack() as opened:
        yield [opened.enter_context(Client(url)) for _ in range(count)]
