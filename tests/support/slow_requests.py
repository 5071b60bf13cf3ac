"""Requests for the model that answers x, slowly."""

from request_pool import post
from wire_answer import Answer


def nearest(number: int, *lines: bytes) -> bytes:
    """A row that takes the model milliseconds."""
    return post(b'{"x":%d}' % number, *lines)


def nearest_batch(count: int) -> bytes:
    """A batch that keeps the model busy for `count` rows."""
    rows = b",".join(b'{"x":%d}' % number for number in range(count))
    return post(b"[%b]" % rows, first=b"POST /predict/batch HTTP/1.1")


def assert_nearest(answer: Answer, number: int) -> None:
    """The answer is the number's."""
    assert (answer.status, answer.json) == (200, {"prediction": float(number)}), (number, answer)
