"""Reading HTTP/1.1 responses: lengths, chunks, interim responses, in any pieces."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.response import ClosedWithoutAnswerError, MalformedResponseError, Response, read_response

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Model-Version: 3\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;note=1\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\n\r\nhello"


def source(*pieces: bytes) -> Callable[[], bytes]:
    """A connection that delivers these pieces, then its end."""
    left = [piece for piece in pieces if piece]
    return lambda: left.pop(0) if left else b""


@pytest.mark.parametrize(
    ("data", "keep_alive"), [(PLAIN, True), (CHUNKED, True), (INTERIM, True), (UNTIL_CLOSED, False)]
)
@given(cuts=st.lists(st.integers(0, 200), max_size=8))
def test_pieces_do_not_change_the_result(data: bytes, keep_alive: bool, cuts: list[int]) -> None:  # noqa: FBT001 - parametrized
    """The result does not depend on how the network splits the response."""
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert read_response(source(*pieces)) == Response(200, b"hello", keep_alive)


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH:5", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length:  5  \r\nConnection: Keep-Alive", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive", True),
        (b"HTTP/1.1 200\r\nContent-Length: 5", True),
    ],
)
def test_header_case_and_keep_alive(head: bytes, keep_alive: bool) -> None:  # noqa: FBT001
    """Header names and values are case-insensitive; HTTP/1.0 closes unless a header says otherwise."""
    assert read_response(source(head + b"\r\n\r\nhello")) == Response(200, b"hello", keep_alive)


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(status: int) -> None:
    """204 and 304 end with their head."""
    assert read_response(source(f"HTTP/1.1 {status} X\r\n\r\n".encode())) == Response(status, b"", keep_alive=True)


def test_bytes_beyond_the_answer_end_the_connection() -> None:
    """They would be read as the next response."""
    assert read_response(source(PLAIN + b"HTTP/1.1 200 OK\r\n")) == Response(200, b"hello", keep_alive=False)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
)
def test_malformed_response_is_an_error(data: bytes) -> None:
    """It is refused at once, without waiting for more bytes."""
    with pytest.raises(MalformedResponseError):
        read_response(source(data))


@pytest.mark.parametrize("data", [PLAIN, CHUNKED])
def test_every_early_end_is_an_error(data: bytes) -> None:
    """A response that ends anywhere before its end is never accepted."""
    for end in range(len(data)):
        with pytest.raises(ClosedWithoutAnswerError):
            read_response(source(data[:end]))
