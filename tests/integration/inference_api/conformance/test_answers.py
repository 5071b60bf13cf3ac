"""What every answer carries and what it leaves in the metrics."""

from conversation import stays_open
from http_request import JSON, LARGEST_BODY, get, plain, post
from service_facts import metric
from service_process import Service
from wire import Client

PIPELINED = 200


def test_generated_ids_are_all_different(service: Service) -> None:
    """Every answer without an id of the client's has a new one, whatever the answer and whoever gave it."""
    kinds = (plain(1), post(b"{nope"), plain(2, b'X-Request-ID: "bad"'), get(b"/health"), get(b"/nowhere"))
    names = []
    for _ in range(3):
        with Client(service.url) as client:
            client.send(plain(1) * PIPELINED + b"".join(kinds) * 20)
            names += [answer.header("x-request-id") for answer in client.answers(PIPELINED + 20 * len(kinds))]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and 8 <= len(name) <= 128 for name in names)


def test_own_ids_come_back(service: Service) -> None:
    """In a pipeline each request gets its own id, at every status."""
    wanted = [f"id-{number}:/+=@.x_{number}" for number in range(60)]
    bodies = (b'{"x":1,"y":2}', b"{nope", b'{"x":1}')
    with Client(service.url) as client:
        client.send(b"".join(post(bodies[n % 3], b"X-Request-ID: " + wanted[n].encode()) for n in range(60)))
        answers = client.answers(60)
    assert [answer.header("x-request-id") for answer in answers] == wanted
    assert [answer.status for answer in answers] == [200, 400, 422] * 20


def test_version_on_every_prediction(service: Service) -> None:
    """Each 200 names the version that answered, and only a 200 does."""
    version = service.model()["version"]
    with Client(service.url) as client:
        client.send((plain(1) + post(b"{}")) * 50)
        for place, answer in enumerate(client.answers(100)):
            named = [value for name, value in answer.headers if name == "x-model-version"]
            assert named == ([] if place % 2 else [version])


def test_metrics_count_every_answer(service: Service) -> None:
    """Requests are counted by status, and timed, exactly as many as were answered."""
    wanted = {"200": 37, "400": 5, "413": 3, "415": 2, "422": 11}
    requests = {
        "200": plain(1),
        "400": post(b"{nope"),
        "413": post(b" " * (LARGEST_BODY + 1)),
        "415": plain(1).replace(JSON, b"Content-Type: text/plain"),
        "422": post(b'{"x":1}'),
    }

    def counted(status: str) -> float:
        return metric(service, "inference_requests_total", route="/predict", status=status)

    def timed() -> float:
        return metric(service, "inference_request_duration_seconds_count", route="/predict")

    before, before_timed = {status: counted(status) for status in wanted}, timed()
    with Client(service.url) as client:
        for status, times in wanted.items():
            client.send(requests[status] * times)
            assert [answer.status for answer in client.answers(times)] == [int(status)] * times
        after = {status: before[status] + times for status, times in wanted.items()}
        assert {status: counted(status) for status in wanted} == after
        assert timed() == before_timed + sum(wanted.values())
        assert stays_open(client)
