"""Each kind of request on a connection of its own."""

import pytest
from conversation import Oracle, ask_alone, assert_predicts, stays_open
from request_pool import ALONE, BROKEN, EVERY, LAST, OTHER, PLAIN, Sample
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
    """Good requests are predicted, broken ones get 400, and only the last ones and broken ones end a connection."""
    with Client(service.url) as client:
        client.send(sample.build(NUMBER))
        answer = client.answer(sample.method)
        assert answer is not None
        if sample.good:
            assert_predicts(answer, NUMBER)
        else:
            assert not (answer.status == 200 and b'"prediction"' in answer.body)
        assert (answer.status == 400 and answer.closes) if sample.breaks else True
        assert answer.closes == (sample in (*LAST, *BROKEN))
        assert stays_open(client) == (sample in (*PLAIN, *OTHER))
