"""Which requests the fast lane answers."""

from collections.abc import Callable
from time import sleep

import pytest
from conversation import Oracle
from http_request import LARGEST_BODY_OF_THE_LANE, Sample, assert_predicts, batch, get, plain
from request_pool import OTHER, PROTOCOLS
from service_facts import LANE_REQUESTS, metric
from service_process import Service
from sum_rows import row
from wire import Client

SPLIT = range(1, len(plain(5)), 7)


def _ask(client: Client, count: int) -> None:
    for number in range(count):
        client.send(plain(number))
        assert_predicts(client.answers(1)[0], number)


@pytest.mark.parametrize("pipelined", [False, True], ids=["in turn", "pipelined"])
def test_plain_requests_are_counted(*, pipelined: bool, lane_service: Service) -> None:
    """N plain requests are counted as N requests of the lane."""
    before = metric(lane_service, LANE_REQUESTS)
    with Client(lane_service.url) as client:
        if pipelined:
            client.send(b"".join(map(plain, range(150))))
            client.answers(150)
        else:
            _ask(client, 150)
    assert metric(lane_service, LANE_REQUESTS) == before + 150


def test_batches_are_counted(lane_service: Service) -> None:
    """The lane answers batches too, counts them under their own path, and the connection stays in the lane."""

    def counted(path: str) -> float:
        return metric(lane_service, "inference_requests_total", route=path, status="200")

    paths = ("/predict", "/predict/batch")
    before, before_paths = metric(lane_service, LANE_REQUESTS), [counted(path) for path in paths]
    with Client(lane_service.url) as client:
        client.send((batch(*map(row, range(9))) + plain(3)) * 20)
        client.answers(40)
        client.send(batch(row(1)))
        client.answers(1)
    assert metric(lane_service, LANE_REQUESTS) == before + 41
    assert [counted(path) for path in paths] == [before_paths[0] + 20, before_paths[1] + 21]


def test_split_requests_stay_in_the_lane(lane_service: Service) -> None:
    """A connection whose requests come in pieces stays in the lane, and so do the requests in pieces."""
    before = metric(lane_service, LANE_REQUESTS)
    with Client(lane_service.url) as client:
        _ask(client, 1)
        for place in SPLIT:
            client.send(plain(5)[:place])
            sleep(0.005)
            client.send(plain(5)[place:])
            assert_predicts(client.answers(1)[0], 5)
        assert metric(lane_service, LANE_REQUESTS) == before + 1 + len(SPLIT)
        _ask(client, 100)
    assert metric(lane_service, LANE_REQUESTS) == before + 101 + len(SPLIT)


def test_changing_heads_stay_in_the_lane(lane_service: Service) -> None:
    """Heads that differ on every request are answered by the lane all the same."""
    before = metric(lane_service, LANE_REQUESTS)
    with Client(lane_service.url) as client:
        for number in range(300):
            client.send(plain(number, b"traceparent: 00-%032x-%016x-01" % (number + 1, number + 1)))
            assert_predicts(client.answers(1)[0], number)
    assert metric(lane_service, LANE_REQUESTS) == before + 300


def test_protocols_are_the_lanes(lane_service: Service, oracle: Oracle) -> None:
    """Every request of every protocol that gets a prediction is the lane's, up to the largest body that it reads."""
    requests = {sample.name: sample.build(5) for sample in PROTOCOLS if oracle.expects(sample, 5).is_ok}
    short = [request for request in requests.values() if _body_length(request) <= LARGEST_BODY_OF_THE_LANE]
    assert len(short) > 0.8 * len(requests)
    before = metric(lane_service, LANE_REQUESTS)
    with Client(lane_service.url) as client:
        for request in short:
            client.send(request)
            assert client.answers(1)[0].status == 200
    assert metric(lane_service, LANE_REQUESTS) == before + len(short)


def _body_length(request: bytes) -> int:
    return len(request) - request.index(b"\r\n\r\n") - 4


@pytest.mark.parametrize("sample", OTHER, ids=lambda sample: sample.name)
def test_other_requests_are_not_the_lanes(sample: Sample, lane_service: Service) -> None:
    """A request for the application is not counted as the lane's."""
    before = metric(lane_service, LANE_REQUESTS)
    with Client(lane_service.url) as client:
        client.send(sample.build(5))
        assert client.answer(sample.method) is not None
    assert metric(lane_service, LANE_REQUESTS) == before


def test_route_is_without_it(services: Callable[[str], Service]) -> None:
    """With `FAST_LANE=false` nothing is the lane's."""
    route = services("route")
    with Client(route.url) as client:
        _ask(client, 10)
        client.send(get(b"/health"))
        client.answers(1)
    assert metric(route, LANE_REQUESTS) == 0
