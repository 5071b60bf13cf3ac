"""Requests of one connection, and what is due for each."""

from dataclasses import dataclass, field
from enum import Enum

from wire_answer import Answer


class Ending(Enum):
    """What the client does when it has sent its last request."""

    CLOSE = "close"
    HALF_CLOSE = "half-close"
    RESET = "reset"


@dataclass(frozen=True)
class Expected:
    """The response to a valid request.

    Attributes:
        status: Its status.
        body: Its body.
        request_id: The id that the client sent and must get back.
    """

    status: int
    body: bytes
    request_id: str = ""

    def difference(self, answer: Answer) -> str:
        """How a response differs; empty when it does not."""
        ids = [value for name, value in answer.headers if name == "x-request-id"]
        found = answer.status, answer.body, ids
        due = self.status, self.body, [self.request_id]
        return "" if found == due else f"{due} was due, {found} came"


@dataclass(frozen=True)
class Exchange:
    """A request.

    Attributes:
        content: Its bytes.
        method: Its method; the response to HEAD has no body.
        path: The prediction path that it began as, for the figures.
        kind: How it was changed, for the figures.
        is_framed: Whether every reader of HTTP/1.1 finds the end of it where it ends, so that one response is due.
        has_key: Whether it may have a key that the gateway accepts.
        expected: The exact response; None when only its form is known.
    """

    content: bytes
    method: str = "POST"
    path: str = ""
    kind: str = ""
    is_framed: bool = True
    has_key: bool = True
    expected: Expected | None = None


@dataclass(frozen=True)
class Plan:
    """What one client does.

    Attributes:
        number: The connection, from which everything in it is derived.
        exchanges: Its requests. Only the last one may be unframed.
        in_turn: Each response is awaited before the next request; else all requests are sent at once.
        cuts: Where the bytes are cut into several writes, as parts of the whole.
        ending: How it ends.
    """

    number: int
    exchanges: list[Exchange]
    in_turn: bool
    cuts: list[float] = field(default_factory=list)
    ending: Ending = Ending.CLOSE

    def pieces(self, content: bytes) -> list[bytes]:
        """The bytes in pieces."""
        ends = [*sorted(int(part * len(content)) for part in self.cuts), len(content)]
        starts = [0, *ends[:-1]]
        return [content[start:end] for start, end in zip(starts, ends, strict=True)]
