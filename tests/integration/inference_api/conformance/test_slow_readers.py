"""Clients that send much and read late."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from conversation import stays_open
from http_request import assert_predicts, plain
from service_facts import has_lane, memory_mib
from service_process import Service
from sum_rows import row
from wire import Client

SMALL_BUFFER = 1 << 14
UNREAD_SECONDS = 1.0
# The route keeps every request of what it has read as an object of its own; its memory is uvicorn's matter.
ROUTE_REQUESTS, LANE_REQUESTS = 3000, 60_000
# All the answers of the lane's test are several times this.
LANE_MIB = 6


def shortest(number: int) -> bytes:
    """The shortest request for a row: its answer is four times as long."""
    body = row(number)
    return b"POST /predict HTTP/1.1\r\nContent-Length:%d\r\n\r\n%b" % (len(body), body)


def test_answers_wait_for_their_reader(service: Service) -> None:
    """A client that pipelines thousands of requests and reads later gets every answer, in order; others are served."""
    with Client(service.url, receive_buffer=SMALL_BUFFER) as late, Client(service.url) as other:
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(late.send, b"".join(map(shortest, range(ROUTE_REQUESTS))))
            for number in range(100):
                other.send(plain(number))
                assert_predicts(other.answers(1)[0], number)
                sleep(UNREAD_SECONDS / 100)
            for number, answer in enumerate(late.answers(ROUTE_REQUESTS)):
                assert_predicts(answer, number)
            sent.result()
        assert stays_open(late)


def test_lane_reads_no_more_than_it_can_answer(lane_service: Service) -> None:
    """Answers that nobody reads do not pile up in the lane's memory; read later, all are there, in order."""
    assert has_lane(lane_service)
    requests = b"".join(map(shortest, range(LANE_REQUESTS)))
    before = memory_mib(lane_service)
    with Client(lane_service.url, receive_buffer=SMALL_BUFFER) as late, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(late.send, requests)
        sleep(UNREAD_SECONDS)
        assert memory_mib(lane_service) - before < LANE_MIB
        for number, answer in enumerate(late.answers(LANE_REQUESTS)):
            assert_predicts(answer, number)
        sent.result()
        assert memory_mib(lane_service) - before < LANE_MIB
