"""Requests and answers on one connection, and the expected answers."""

from dataclasses import dataclass

from http_request import Sample, assert_predicts, plain
from wire import Client
from wire_answer import Comparable

_PROBE = 999


@dataclass(frozen=True)
class Expectation:
    """The expected answer to one request.

    Attributes:
        answer: The answer without its variable parts; None when the connection ends without one.
        stays: Whether the connection can be used again.
    """

    answer: Comparable | None
    stays: bool

    @property
    def is_ok(self) -> bool:
        """Whether the status is 200."""
        return self.answer is not None and self.answer.status_line == "HTTP/1.1 200 OK"


def stays_open(client: Client) -> bool:
    """Whether the connection still works: a last row gets its own answer."""
    client.send(plain(_PROBE))
    answer = client.answer()
    if answer is not None:
        assert_predicts(answer, _PROBE)
    return answer is not None


def ask_alone(url: str, sample: Sample, number: int) -> Expectation:
    """Send one request on its own connection."""
    with Client(url) as client:
        client.send(sample.build(number))
        answer = client.answer(sample.method)
        if answer is None:
            return Expectation(None, stays=False)
        return Expectation(answer.comparable(sample.id_of(number)), stays_open(client))


class Oracle:
    """A service whose answers to single requests are the expected ones."""

    def __init__(self, url: str) -> None:
        """Request everything from the service at that address."""
        self._url = url
        self._known: dict[tuple[str, int], Expectation] = {}

    def expects(self, sample: Sample, number: int) -> Expectation:
        """The expected answer to the request."""
        key = (sample.name, number)
        if key not in self._known:
            self._known[key] = ask_alone(self._url, sample, number)
        return self._known[key]
