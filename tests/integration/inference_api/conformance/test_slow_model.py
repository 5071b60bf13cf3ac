"""A model that takes milliseconds a row delays no request that does not need it."""

from http_request import get
from service_process import Service
from slow_requests import assert_nearest, nearest, nearest_batch
from wire import Client, clients

from tests.integration.inference_api.conformance.conftest import QUEUE_ROWS

BUSY_ROWS = 200


def _see_read(service: Service) -> None:
    """Wait until the service has read what was sent before: it has answered who came after it."""
    with Client(service.url) as witness:
        witness.send(get(b"/health"))
        assert witness.answers(1)[0].status == 200


def test_health_is_answered_meanwhile(slow_service: Service) -> None:
    """While the model works, liveness is answered, on connections old and new."""
    with Client(slow_service.url) as old, Client(slow_service.url) as waiting, Client(slow_service.url) as row:
        waiting.send(nearest_batch(BUSY_ROWS))
        _see_read(slow_service)
        row.send(nearest(3))
        for _ in range(3):
            with Client(slow_service.url) as new:
                for client in (old, new):
                    client.send(get(b"/health"))
                    assert client.answers(1)[0].json == {"status": "ok"}
        assert waiting.is_silent(0.001)
        assert waiting.answers(1)[0].json == {"predictions": [float(number) for number in range(BUSY_ROWS)]}
        assert_nearest(row.answers(1)[0], 3)


def test_pipelines_keep_their_order(slow_service: Service) -> None:
    """Pipelined rows, bad ones and other requests among them, are answered in their order."""
    with Client(slow_service.url) as client, Client(slow_service.url) as other:
        client.send(
            b"".join(map(nearest, range(20))) + nearest(0).replace(b'"x"', b'"y"') + get(b"/health") + nearest(21)
        )
        other.send(b"".join(map(nearest, range(100, 120))))
        for number, answer in enumerate(client.answers(20)):
            assert_nearest(answer, number)
        bad, health, last = client.answers(3)
        assert (bad.status, health.json) == (422, {"status": "ok"})
        assert_nearest(last, 21)
        for number, answer in enumerate(other.answers(20), 100):
            assert_nearest(answer, number)


def test_answers_never_reach_a_successor(slow_service: Service) -> None:
    """Who vanishes while the model has its row leaves no answer to whoever gets its descriptor."""
    with Client(slow_service.url) as busy, clients(slow_service.url, 20) as vanishing:
        busy.send(nearest_batch(BUSY_ROWS))
        _see_read(slow_service)
        for number, client in enumerate(vanishing):
            client.send(nearest(1000 + number))
        _see_read(slow_service)
        for client in vanishing:
            client.reset()
        with clients(slow_service.url, 20) as successors:
            for client in successors[:10]:
                client.send(nearest(5)[:30])
            assert busy.answers(1)[0].status == 200
            for number, client in enumerate(successors):
                client.send(nearest(5)[30:] if number < 10 else nearest(number))
                assert_nearest(client.answers(1)[0], 5 if number < 10 else number)


def test_overload_is_refused(slow_service: Service) -> None:
    """When as many rows as may wait for the model are waiting, more get 503 with the time to come back."""
    with (
        Client(slow_service.url) as busy,
        clients(slow_service.url, QUEUE_ROWS) as waiting,
        clients(slow_service.url, 30) as refused,
    ):
        busy.send(nearest_batch(BUSY_ROWS))
        _see_read(slow_service)
        for group in (waiting, refused):
            for number, client in enumerate(group):
                client.send(nearest(number))
            _see_read(slow_service)
        for client in refused:
            answer = client.answers(1)[0]
            assert (answer.status, answer.json["error"], answer.closes) == (503, "overloaded", False)
            assert answer.header("retry-after") == "1"
        for number, client in enumerate(waiting):
            assert_nearest(client.answers(1)[0], number)
        assert busy.answers(1)[0].status == 200


def test_batch_without_room_is_refused_whole(slow_service: Service) -> None:
    """A batch that does not fit beside the waiting rows gets 503 as a whole; a smaller one behind it still fits."""
    with clients(slow_service.url, 4) as (busy, first, large, small):
        busy.send(nearest_batch(BUSY_ROWS))
        _see_read(slow_service)
        for client, rows in ((first, QUEUE_ROWS - 20), (large, 21), (small, 20)):
            client.send(nearest_batch(rows))
            _see_read(slow_service)
        refused = large.answers(1)[0]
        assert (refused.status, refused.json["error"]) == (503, "overloaded")
        for client, rows in ((busy, BUSY_ROWS), (first, QUEUE_ROWS - 20), (small, 20)):
            assert client.answers(1)[0].json == {"predictions": [float(number) for number in range(rows)]}
