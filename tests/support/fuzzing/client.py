"""Carries out the plan of one connection and checks every response."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from wire_answer import Answer

from fuzzing.exchange import Ending, Exchange, Plan

LIMIT_SECONDS: Final = 20.0
"""For a response, or the end of a connection that the client has ended."""

_PART: Final = 1 << 16
_WAIT_FOR_UNCERTAIN: Final = 0.05
_STATUS_LINE: Final = re.compile(r"HTTP/1\.1 [2-5]\d\d [\t -~]*")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t -~\x80-\xff]*")
_BAD_REQUEST: Final = 400
_FAULT: Final = 500
_OK: Final = 200

IsAllowed = Callable[[int, Exchange], bool]
"""Whether a status from 500 on is the right answer to a request."""


class WrongResponseError(Exception):
    """A response is not what it must be, or is missing."""


@dataclass(frozen=True)
class Door:
    """How a server is reached, and what is special about it.

    Attributes:
        host: Its address.
        port: Its port.
        answers_in_order: A 400 for unreadable bytes never comes before the responses that are due before it.
        may_end_silently: It may end the connection of a client whose request it does not accept, without a response.
        needs_key: A request without a key gets no prediction.
        allows: Which status from 500 on is right.
    """

    host: str
    port: int
    answers_in_order: bool = False
    may_end_silently: bool = False
    needs_key: bool = False
    allows: IsAllowed = lambda _status, _exchange: False


@dataclass(frozen=True)
class Seen:
    """What came for a request.

    Attributes:
        exchange: The request.
        status: The status; 0 for the end of the connection.
        seconds: From the start of sending; of a pipelined request, from the start of sending the first.
    """

    exchange: Exchange
    status: int
    seconds: float


class FuzzClient:
    """One connection."""

    def __init__(self, door: Door, plan: Plan) -> None:
        """Prepare.

        Args:
            door: The server.
            plan: What to do.
        """
        self._door, self._plan = door, plan
        self._received = bytearray()
        self._ended = self.was_reset = False
        self.seen: list[Seen] = []

    async def run(self) -> None:
        """Carry out the plan.

        Raises:
            WrongResponseError: When a response is wrong or missing, or the connection does not end.
        """
        self._reader, self._writer = await asyncio.wait_for(
            asyncio.open_connection(self._door.host, self._door.port, limit=_PART), LIMIT_SECONDS
        )
        try:
            if self._plan.in_turn:
                for exchange in self._plan.exchanges:
                    if not await self._send_and_read([exchange]):
                        break
            else:
                await self._send_and_read(self._plan.exchanges)
            await self._end()
        finally:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _send_and_read(self, exchanges: list[Exchange]) -> bool:
        """Send requests and read what is due; returns whether the connection goes on."""
        sending = asyncio.ensure_future(self._send(b"".join(exchange.content for exchange in exchanges)))
        goes_on = False
        try:
            goes_on = await self._read(exchanges)
            return goes_on
        finally:
            if self._ended or not (goes_on or self._plan.ending is Ending.HALF_CLOSE):
                sending.cancel()
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(sending, LIMIT_SECONDS)

    async def _read(self, exchanges: list[Exchange]) -> bool:
        start = perf_counter()
        for place, exchange in enumerate(exchanges):
            if not exchange.is_framed:
                await self._read_uncertain(exchange, start)
                return False
            answer = await self._answer(exchange.method)
            if answer is None:
                self._check_end(exchanges, place)
                self.seen.append(Seen(exchange, 0, perf_counter() - start))
                return False
            overtaken = self._may_overtake(exchanges, answer)
            self._check(answer, exchange, is_its_own=not overtaken)
            self.seen.append(Seen(exchange, answer.status, perf_counter() - start))
            if answer.closes or overtaken:
                if exchange.method == "HEAD":  # who cannot read the head does not know it, so that the 400 has a body
                    self._received.clear()
                    self._ended = True
                return False
        return True

    async def _read_uncertain(self, exchange: Exchange, start: float) -> None:
        """Read whatever comes soon after a request without a certain end."""
        answer = None
        with suppress(TimeoutError):
            answer = await self._answer(exchange.method, _WAIT_FOR_UNCERTAIN)
        if answer is not None:
            self._check(answer, exchange, is_its_own=True)
        self.seen.append(Seen(exchange, 0 if answer is None else answer.status, perf_counter() - start))

    def _check_end(self, exchanges: list[Exchange], place: int) -> None:
        """Fail unless the end of the connection, instead of a response, is right.

        A server that has answered unreadable bytes and closes the connection while the rest of them arrives resets it,
        and the client may lose the response.
        """
        causes = exchanges if self.was_reset else exchanges[: place + self._door.may_end_silently]
        if all(exchange.expected is not None for exchange in causes):
            raise WrongResponseError(f"the connection ended without a response to {exchanges[place]}")

    def _may_overtake(self, exchanges: list[Exchange], answer: Answer) -> bool:
        """Whether it may be the answer to unreadable bytes behind the requests that are due."""
        is_last = answer.status == _BAD_REQUEST and answer.closes
        return is_last and not self._door.answers_in_order and any(other.expected is None for other in exchanges)

    def _check(self, answer: Answer, exchange: Exchange, *, is_its_own: bool) -> None:
        problem = syntax_problem(answer, exchange.method)
        if answer.status >= _FAULT and not self._door.allows(answer.status, exchange):
            problem = f"status {answer.status}: {answer.body[:300]!r}"
        if exchange.expected is not None and is_its_own:
            problem = problem or exchange.expected.difference(answer)
        else:
            problem = problem or self._foreign_id(answer)
        if self._door.needs_key and not exchange.has_key and answer.status == _OK and _is_prediction(answer):
            problem = "a prediction without a key"
        if problem:
            raise WrongResponseError(f"{problem}; for {exchange}")

    def _foreign_id(self, answer: Answer) -> str:
        """The request id of another connection."""
        for name, value in answer.headers:
            is_known = name == "x-request-id" and value.startswith("known-")
            if is_known and not value.startswith(f"known-{self._plan.number}-"):
                return f"the response to another client's request {value}"
        return ""

    async def _send(self, content: bytes) -> None:
        with suppress(ConnectionError):
            for piece in self._plan.pieces(content):
                self._writer.write(piece)
                await self._writer.drain()
                if self._plan.cuts:
                    await asyncio.sleep(0)

    async def _answer(self, method: str, limit: float = LIMIT_SECONDS) -> Answer | None:
        """The next response; None at the end of the connection."""
        while True:
            try:
                found = Answer.parse(self._received, method)
            except (AssertionError, ValueError, IndexError) as error:
                raise WrongResponseError(f"unreadable: {error}: {bytes(self._received[:500])!r}") from error
            if found is not None:
                answer, length = found
                del self._received[:length]
                return answer
            if self._ended:
                if self._received and not self.was_reset:
                    raise WrongResponseError(f"the end inside a response: {bytes(self._received[:500])!r}")
                return None
            await self._receive(limit)

    async def _receive(self, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                part = await self._reader.read(_PART)
        except TimeoutError:
            if limit < LIMIT_SECONDS:
                raise
            raise WrongResponseError(f"nothing within {limit} s; unread: {bytes(self._received[:200])!r}") from None
        except ConnectionError:
            self.was_reset, part = True, b""
        self._received += part
        self._ended = self._ended or not part

    async def _end(self) -> None:
        last = self._plan.exchanges[-1]
        if self._plan.ending is Ending.RESET:
            raw: socket.socket = self._writer.get_extra_info("socket")
            with suppress(OSError):  # the server may have ended it
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        elif self._plan.ending is Ending.HALF_CLOSE:
            with suppress(OSError):
                self._writer.write_eof()
            if last.method == "HEAD":  # what follows is not told apart from a body
                return
            while (answer := await self._answer(last.method)) is not None:
                self._check(answer, last, is_its_own=False)


def syntax_problem(answer: Answer, method: str) -> str:
    """What of a response is no valid HTTP/1.1; empty when all is."""
    if not _STATUS_LINE.fullmatch(answer.status_line):
        return f"status line {answer.status_line!r}"
    for name, value in answer.headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return f"header {name!r}: {value!r}"
    if ("content-type", "application/json") in answer.headers and method != "HEAD" and answer.body.strip():
        try:
            json.loads(answer.body)
        except ValueError as error:
            return f"a body that is no JSON ({error}): {answer.body[:300]!r}"
    return ""


def _is_prediction(answer: Answer) -> bool:
    return b'"prediction' in answer.body or b'"outputs"' in answer.body
