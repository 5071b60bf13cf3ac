"""Each kind of request on a connection of its own."""

import pytest
from conversation import Expectation, Oracle, stays_open
from http_request import Sample
from request_pool import ALONE, BROKEN, EVERY, LAST, OTHER, PLAIN
from service_process import Service
from wire import Client

NUMBER = 41


@pytest.mark.parametrize("sample", EVERY, ids=lambda sample: sample.name)
def test_each_request_alone(sample: Sample, service: Service, oracle: Oracle) -> None:
    """A request gets what its sample says, which is the route's response; last and broken ones end the connection."""
    with Client(service.url) as client:
        client.send(sample.build(NUMBER))
        answer = client.answer(sample.method)
        assert answer is not None
        sample.check(answer, NUMBER)
        found = Expectation(answer.comparable(sample.id_of(NUMBER)), stays_open(client))
    assert found == oracle.expects(sample, NUMBER)
    if sample not in ALONE:
        assert answer.closes == (sample in (*LAST, *BROKEN))
        assert found.stays == (sample in (*PLAIN, *OTHER))


def test_samples_are_told_apart() -> None:
    """Every sample has a name of its own, by which the route's responses are kept."""
    names = [sample.name for sample in EVERY]
    assert len(set(names)) == len(names)
