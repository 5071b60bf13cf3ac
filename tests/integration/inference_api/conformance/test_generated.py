"""Generated conversations: any requests, cut anywhere, with pauses, on several connections at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pytest
from conversation import Expectation, Oracle, stays_open
from http_request import Sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from request_pool import BROKEN, LAST, OTHER, PLAIN, PROTOCOLS
from request_samples import http_syntax
from service_process import Service
from wire import Client
from wire_answer import Comparable

CASES: Final = 150
MAX_CONNECTIONS: Final = 4
MAX_REQUESTS: Final = 8
MAX_CUTS: Final = 6
MAX_PAUSE_MS: Final = 10
PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Talk:
    """The requests of one client.

    Attributes:
        samples: Its requests, in order.
        cuts: Where the bytes are cut, as parts of the whole, with the pause behind in ms.
        in_turn: It waits for each answer before the next request; else it sends everything first.
    """

    samples: list[Sample]
    cuts: list[tuple[float, int]]
    in_turn: bool


def _kind(*kinds: tuple[Sample, ...]) -> st.SearchStrategy[Sample]:
    """One of some kinds; where a 400 may overtake an answer, an answer to HEAD could not be told apart."""
    return st.sampled_from([sample for kind in kinds for sample in kind if sample.method != "HEAD"])


TALKS = st.builds(
    Talk,
    st.lists(
        st.one_of(_kind(http_syntax.PLAIN), _kind(PROTOCOLS), _kind(PLAIN, OTHER), _kind(LAST, BROKEN)),
        min_size=1,
        max_size=MAX_REQUESTS,
    ),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, MAX_PAUSE_MS)), max_size=MAX_CUTS),
    st.booleans(),
)


@pytest.mark.timeout(900)  # a failure is made smaller before it is shown
@settings(max_examples=CASES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(talks=st.lists(TALKS, min_size=1, max_size=MAX_CONNECTIONS))
def test_conversations(talks: list[Talk], service: Service, oracle: Oracle) -> None:
    """On every connection each request gets what the route answers to it alone, in order, until one of them closes."""
    numbered = [(talk, 100 * place) for place, talk in enumerate(talks)]
    expected = [
        [oracle.expects(sample, first + place) for place, sample in enumerate(talk.samples)] for talk, first in numbered
    ]
    with ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
        for done in [
            pool.submit(_check_talk, service.url, *talk, what) for talk, what in zip(numbered, expected, strict=True)
        ]:
            done.result()


def _check_talk(url: str, talk: Talk, first: int, expected: list[Expectation]) -> None:
    requests = [sample.build(first + place) for place, sample in enumerate(talk.samples)]
    with Client(url, patience=PATIENCE_SECONDS) as client:
        if talk.in_turn:
            for place, (sample, request, what) in enumerate(zip(talk.samples, requests, expected, strict=True)):
                client.send_pieces(_cut(request, talk.cuts))
                assert _next(client, sample, first + place) == what.answer, (place, sample.name)
                if not what.stays:
                    break
        else:
            client.send_pieces(_cut(b"".join(requests), talk.cuts))
            _assert_in_order(client, talk, first, expected)
        assert stays_open(client) == all(what.stays for what in expected)


def _assert_in_order(client: Client, talk: Talk, first: int, expected: list[Expectation]) -> None:
    """The answers up to the first that closes.

    A broken request may get its 400 before the answers that were still due: whoever reads the connection as a whole
    has read it before they were ready (uvicorn does so). What was answered before it must be right all the same.
    """
    broken = next((place for place, sample in enumerate(talk.samples) if sample.breaks), None)
    for place, (sample, what) in enumerate(zip(talk.samples, expected, strict=True)):
        found = _next(client, sample, first + place)
        if found != what.answer and broken is not None:
            assert found == expected[broken].answer, (place, sample.name)
            return
        assert found == what.answer, (place, sample.name)
        if not what.stays:
            return


def _next(client: Client, sample: Sample, number: int) -> Comparable | None:
    answer = client.answer(sample.method)
    return answer.comparable(sample.id_of(number)) if answer is not None else None


def _cut(data: bytes, cuts: list[tuple[float, int]]) -> list[tuple[bytes, float]]:
    """The bytes cut in places, each piece with the pause behind it in seconds."""
    places = sorted((int(part * len(data)), pause / 1000) for part, pause in cuts)
    ends = [(0, 0.0), *places, (len(data), 0.0)]
    return [(data[start:end], pause) for (start, _), (end, pause) in pairwise(ends)]
