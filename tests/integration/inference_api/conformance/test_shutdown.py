"""SIGTERM: requests in flight are answered with `Connection: close`, new connections are refused."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, sleep

import pytest
from service_process import Service
from slow_requests import assert_nearest, nearest, nearest_batch
from wire import Client, clients
from wire_answer import Answer

from tests.integration.inference_api.conformance.conftest import LANES, Start

SHUTDOWN_SECONDS = 4
BUSY_ROWS = 100
IN_FLIGHT = 30
PIPELINED = 5


@dataclass
class Shutdown:
    """What the clients of a service saw when it was stopped.

    Attributes:
        lane: Which lane's service it was.
        idle: What came on a connection that was answered long ago; it must be nothing, and its end no reset.
        refused: New connections were refused while answers were still due.
        batch: The answer to a batch that the model was working on.
        rows: The answers to rows that waited behind it.
        pipeline: The answers to rows of one connection.
        late: The answer to a row whose last byte came after all those answers.
        never: What a client got that never finished its row.
        exit_code: The process's.
    """

    lane: str
    idle: tuple[bytes, bool]
    refused: bool
    batch: Answer | None
    rows: list[Answer | None]
    pipeline: list[Answer]
    late: Answer | None
    never: bytes
    exit_code: int


@pytest.fixture(scope="module", params=["route", "lane"])
def seen(request: pytest.FixtureRequest, start: Start, slow_model: str) -> Iterator[Shutdown]:
    """One shutdown of the route and of the lane, seen by clients of every kind."""
    service = start(slow_model, **LANES[request.param], SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    with ExitStack() as opened:
        idle, busy, pipeline, late, never = opened.enter_context(clients(service.url, 5))
        idle.send(nearest(1))
        assert_nearest(idle.answers(1)[0], 1)
        rows = opened.enter_context(clients(service.url, IN_FLIGHT))
        for known in (busy, pipeline, late, never, *rows):
            # A connection that waits to be accepted has nothing in flight: each is served before the signal.
            known.send(nearest(0))
            assert_nearest(known.answers(1)[0], 0)
        busy.send(nearest_batch(BUSY_ROWS))
        for number, client in enumerate(rows):
            client.send(nearest(number))
        pipeline.send(b"".join(map(nearest, range(PIPELINED))))
        late.send(nearest(7)[:-1])
        never.send(nearest(8)[:-1])
        assert service.client.get("/health").status_code == 200  # everything before it has been read by now
        service.process.send_signal(signal.SIGTERM)
        refused = _refuses(service)
        answered = [client.answer() for client in rows]
        batch, pipelined = busy.answer(), pipeline.answers(PIPELINED)
        late.send(nearest(7)[-1:])
        yield Shutdown(
            request.param,
            (idle.end(), idle.was_reset),
            refused,
            batch,
            answered,
            pipelined,
            late.answer(),
            never.end(),
            service.process.wait(10 * SHUTDOWN_SECONDS),
        )


def test_rows_in_flight_are_answered(seen: Shutdown) -> None:
    """Rows that waited for the model are answered, with `Connection: close`."""
    for number, answer in enumerate(seen.rows):
        assert answer is not None
        assert_nearest(answer, number)
        assert answer.closes


def test_pipelines_in_flight_are_answered(seen: Shutdown) -> None:
    """A pipeline is answered to its end, which is told with the last answer at the latest."""
    for number, answer in enumerate(seen.pipeline):
        assert_nearest(answer, number)
    assert seen.pipeline[-1].closes


def test_batches_in_flight_are_answered(seen: Shutdown) -> None:
    """A batch that the model works on is answered, with `Connection: close`."""
    assert seen.batch is not None
    assert seen.batch.json == {"predictions": [float(number) for number in range(BUSY_ROWS)]}
    assert seen.batch.closes


def test_late_ends_are_waited_for(seen: Shutdown) -> None:
    """A row whose last byte comes after the signal, within `SHUTDOWN_SECONDS`, is answered."""
    assert seen.late is not None
    assert_nearest(seen.late, 7)
    assert seen.late.closes


def test_the_rest_is_ended(seen: Shutdown) -> None:
    """Idle connections end in order, new ones are refused, nobody gets a prediction for half a row."""
    assert seen.idle == (b"", False)
    assert seen.refused
    assert b" 200 OK" not in seen.never


def test_process_ends(seen: Shutdown) -> None:
    """The process ends by itself, with exit code 0."""
    assert seen.exit_code == 0


def _refuses(service: Service) -> bool:
    """Whether new connections are refused, at the latest when the server has handled its signal."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        try:
            with Client(service.url):
                sleep(0.02)
        except ConnectionRefusedError:
            return service.process.poll() is None
    return False
