"""HTTP requests as bytes, and samples of them with their responses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sum_rows import prediction, row
from wire_answer import Answer

LARGEST_BODY: Final = 1 << 20
LARGEST_BODY_OF_THE_LANE: Final = 1 << 16
JSON: Final = b"Content-Type: application/json"
PREDICT: Final = b"/predict"
BATCH: Final = b"/predict/batch"

Build = Callable[[int], bytes]
Check = Callable[[Answer, int], None]


def post(
    body: bytes,
    *lines: bytes,
    path: bytes = PREDICT,
    first: bytes | None = None,
    media_type: bytes | None = JSON,
    length: bool = True,
) -> bytes:
    """A request.

    Args:
        body: Its body.
        lines: Further header lines.
        path: Its path.
        first: The whole request line, in place of a POST to the path.
        media_type: The line of its media type; None for none.
        length: Whether to declare the body's length.
    """
    head = [first or b"POST %b HTTP/1.1" % path, b"Host: service"]
    head += [media_type] if media_type is not None else []
    head += lines
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, b"", body])


def plain(number: int, *lines: bytes) -> bytes:
    """The request that the fast lane is optimized for."""
    return post(row(number), *lines)


def batch(*rows: bytes, lines: tuple[bytes, ...] = (), size: int = 0, path: bytes = BATCH) -> bytes:
    """A request for a batch of rows, padded to a size."""
    return post((b"[%b]" % b",".join(rows)).ljust(size), *lines, path=path)


def get(path: bytes, method: bytes = b"GET") -> bytes:
    """A request without a body."""
    return b"%b %b HTTP/1.1\r\nHost: service\r\n\r\n" % (method, path)


def chunked(
    body: bytes, size: int, *lines: bytes, path: bytes = PREDICT, trailer: bytes = b"", extension: bytes = b""
) -> bytes:
    """A request with a chunked body, in chunks of a size."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    encoded = chunks + b"0\r\n" + trailer + b"\r\n"
    return post(encoded, b"Transfer-Encoding: chunked", *lines, path=path, length=False)


@dataclass(frozen=True)
class Sample:
    """A kind of request.

    Attributes:
        name: How it differs from an ordinary request; unique among all samples.
        build: Its bytes for a number, which determines the row and the variable headers.
        check: Asserts that the response is the one to the request of the number.
        method: Its method; the response to HEAD has no body.
        own_id: The request id that the response must have, for the number; None for a new one.
        breaks: Whether it is invalid HTTP, after which no server can find the next request.
    """

    name: str
    build: Build
    check: Check
    method: str = "POST"
    own_id: Callable[[int], str] | None = None
    breaks: bool = False

    def id_of(self, number: int) -> str | None:
        """The request id that the response must have."""
        return self.own_id(number) if self.own_id else None


def assert_predicts(answer: Answer, number: int) -> None:
    """Assert that the response is the prediction for the row of the number."""
    assert (answer.status, answer.json) == (200, {"prediction": prediction(number)}), (number, answer)


def has_status(status: int) -> Check:
    """The check of a response of which only the status is known."""

    def check(answer: Answer, number: int) -> None:
        assert answer.status == status, (number, answer)

    return check


def is_refused(status: int, kind: str) -> Check:
    """The check of an error in the service's own shape."""

    def check(answer: Answer, number: int) -> None:
        assert (answer.status, answer.json["error"]) == (status, kind), (number, answer)

    return check


def has_json(expected: Callable[[int], Any]) -> Check:
    """The check of a response with status 200 and a known JSON value."""

    def check(answer: Answer, number: int) -> None:
        assert (answer.status, answer.json) == (200, expected(number)), (number, answer)

    return check
