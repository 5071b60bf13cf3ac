"""Requests for a model that answers x after some time."""

from http_request import post
from wire_answer import Answer


def nearest(number: int, *lines: bytes) -> bytes:
    """A row whose prediction takes milliseconds."""
    return post(b'{"x":%d}' % number, *lines)


def nearest_batch(count: int) -> bytes:
    """A batch of `count` such rows."""
    rows = b",".join(b'{"x":%d}' % number for number in range(count))
    return post(b"[%b]" % rows, first=b"POST /predict/batch HTTP/1.1")


def assert_nearest(answer: Answer, number: int) -> None:
    """Assert that the answer is that for the number."""
    assert (answer.status, answer.json) == (200, {"prediction": float(number)}), (number, answer)
