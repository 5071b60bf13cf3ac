"""Many requests in one write are answered in order, whoever answers them."""

import random

import pytest
from conversation import Oracle, stays_open
from http_request import Sample, assert_predicts, batch, plain, post
from request_pool import OTHER, PROTOCOLS
from service_process import Service
from sum_rows import prediction, row
from wire import Client, clients

LARGEST_PIPELINED = 100_000


@pytest.mark.parametrize("count", [2, 5, 2000])
def test_in_order(count: int, service: Service) -> None:
    """Requests of one write get their own answers, in their order."""
    with Client(service.url) as client:
        client.send(b"".join(map(plain, range(count))))
        for number, answer in enumerate(client.answers(count)):
            assert_predicts(answer, number)
        assert stays_open(client)


@pytest.mark.parametrize("sample", OTHER, ids=lambda sample: sample.name)
def test_other_request_among_plain_ones(sample: Sample, service: Service, oracle: Oracle) -> None:
    """A request for the application keeps its place among plain ones, and those behind it are answered."""
    with Client(service.url) as client:
        client.send(b"".join([*map(plain, range(5)), sample.build(5), *map(plain, range(6, 11))]))
        for number in range(11):
            answer = client.answer(sample.method if number == 5 else "POST")
            assert answer is not None
            if number == 5:
                assert answer.comparable(sample.id_of(5)) == oracle.expects(sample, 5).answer
            else:
                assert_predicts(answer, number)
        assert stays_open(client)


def test_last_one_split(service: Service) -> None:
    """The last request of a write may be unfinished: those before it are answered at once, it when it is whole."""
    with Client(service.url) as client:
        for place in (1, 30, len(plain(50)) - 1):
            client.send(b"".join(map(plain, range(50))) + plain(50)[:place])
            for number, answer in enumerate(client.answers(50)):
                assert_predicts(answer, number)
            client.send(plain(50)[place:])
            assert_predicts(client.answers(1)[0], 50)
        assert stays_open(client)


def test_close_in_the_middle(service: Service) -> None:
    """`Connection: close` is the last request that is answered; what was pipelined behind it is not."""
    with Client(service.url) as client:
        client.send(plain(1) + plain(2, b"Connection: close") + plain(3) * 10)
        first, second = client.answers(2)
        assert_predicts(first, 1)
        assert_predicts(second, 2)
        assert (first.closes, second.closes) == (False, True)
        assert client.end() == b""


def test_bad_rows_do_not_fail_their_neighbours(service: Service) -> None:
    """Rows that are no JSON, do not fit, or that the model refuses fail alone, in one pipeline and across clients."""
    bad = [post(b"{nope"), post(b'{"x":1}'), post(b'{"x":1,"y":1e308}')]
    statuses = [400, 422, 422]
    with clients(service.url, 8) as several:
        for place, client in enumerate(several):
            client.send(b"".join(bad[n % 3] if n % 2 else plain(100 * place + n) for n in range(60)))
        for place, client in enumerate(several):
            for n, answer in enumerate(client.answers(60)):
                if n % 2:
                    assert answer.status == statuses[n % 3]
                else:
                    assert_predicts(answer, 100 * place + n)
            assert stays_open(client)


def test_rows_of_a_batch_among_rows(service: Service) -> None:
    """Single rows and batches of the same moment never mix their answers."""
    starts = (0, 50, 0)
    expected = [n + 1000 * (n + 7) for n in range(60)]
    with clients(service.url, 6) as several:
        for client, start in zip(several, starts, strict=False):
            rows = b",".join(map(row, range(start, start + 9)))
            client.send(post(b"[%b]" % rows, first=b"POST /predict/batch HTTP/1.1"))
        for number, client in enumerate(several[3:]):
            client.send(plain(number))
        for client, start in zip(several, starts, strict=False):
            assert client.answers(1)[0].json == {"predictions": expected[start : start + 9]}
        for number, client in enumerate(several[3:]):
            assert_predicts(client.answers(1)[0], number)


@pytest.mark.parametrize("size", [1, 9, 300, 600])
def test_batches_and_rows_in_one_pipeline(size: int, service: Service) -> None:
    """Batches and rows of one pipeline, bad ones among them, are answered in order, each batch whole or not at all."""
    with clients(service.url, 4) as several:
        for place, client in enumerate(several):
            start = 100 * place
            good, refused = [*map(row, range(start, start + size))], b'{"x":1,"y":1e308}'
            client.send((batch(*good) + plain(start) + batch(*good, refused) + batch(*good, b"{}")) * 3)
        for place, client in enumerate(several):
            start = 100 * place
            expected = {"predictions": [prediction(number) for number in range(start, start + size)]}
            for _ in range(3):
                whole, single, refusal, invalid = client.answers(4)
                assert (whole.status, whole.json) == (200, expected)
                assert_predicts(single, start)
                assert (refusal.status, refusal.json["error"]) == (422, "prediction_refused")
                assert [problem["field"] for problem in refusal.json["fields"]] == [f"[{size}]"]
                assert (invalid.status, invalid.json["error"]) == (422, "invalid_input")
                assert {problem["field"] for problem in invalid.json["fields"]} == {f"[{size}].x", f"[{size}].y"}
            assert stays_open(client)


def test_protocols_in_one_pipeline(service: Service, oracle: Oracle) -> None:
    """Requests of all protocols in one write get their own responses, in their order, beside another such client."""
    short = [sample for sample in PROTOCOLS if len(sample.build(0)) < LARGEST_PIPELINED]
    orders = [random.Random(seed).sample(short, len(short)) for seed in (1, 2)]
    with clients(service.url, len(orders)) as several:
        for client, samples in zip(several, orders, strict=True):
            client.send(b"".join(sample.build(place) for place, sample in enumerate(samples)))
        for client, samples in zip(several, orders, strict=True):
            for place, (sample, answer) in enumerate(zip(samples, client.answers(len(samples)), strict=True)):
                assert answer.comparable(sample.id_of(place)) == oracle.expects(sample, place).answer, sample.name
            assert stays_open(client)


def test_rows_before_garbage_are_answered(lane_service: Service) -> None:
    """The lane answers every row before the bytes that are no HTTP, then 400 comes and the end.

    (Through uvicorn alone the 400 overtakes the answers that are due.)
    """
    with Client(lane_service.url) as client:
        client.send(b"".join(map(plain, range(20))) + b"\x00garbage\r\n\r\n")
        for number, answer in enumerate(client.answers(20)):
            assert_predicts(answer, number)
        assert client.answers(1)[0].status == 400
        assert client.end() == b""
