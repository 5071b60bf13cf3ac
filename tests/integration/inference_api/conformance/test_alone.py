"""Each kind of request on a connection of its own."""

import pytest
from conversation import Oracle, ask_alone, stays_open
from http_request import Sample
from request_pool import ALONE, BROKEN, EVERY, LAST, OTHER, PLAIN
from service_process import Service
from wire import Client

NUMBER = 41
DECIDED = [sample for sample in EVERY if sample not in ALONE]


@pytest.mark.parametrize("sample", EVERY, ids=lambda sample: sample.name)
def test_answers_as_the_route(sample: Sample, service: Service, oracle: Oracle) -> None:
    """The answer and whether the connection stays open are the route's."""
    assert ask_alone(service.url, sample, NUMBER) == oracle.expects(sample, NUMBER)


@pytest.mark.parametrize("sample", DECIDED, ids=lambda sample: sample.name)
def test_samples_have_the_stated_result(sample: Sample, service: Service) -> None:
    """Each request gets what its sample says, and only the last ones and the broken ones end a connection."""
    with Client(service.url) as client:
        client.send(sample.build(NUMBER))
        answer = client.answer(sample.method)
        assert answer is not None
        sample.check(answer, NUMBER)
        assert answer.closes == (sample in (*LAST, *BROKEN))
        assert stays_open(client) == (sample in (*PLAIN, *OTHER))


def test_samples_are_told_apart() -> None:
    """Every sample has a name of its own, by which the route's responses are kept."""
    names = [sample.name for sample in EVERY]
    assert len(set(names)) == len(names)
