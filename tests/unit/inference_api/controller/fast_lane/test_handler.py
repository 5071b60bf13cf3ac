"""The lane over real sockets: order of responses, split requests, back-pressure, closed connections."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import numpy as np
import pytest

from src.controller.fast_lane import handler
from src.controller.http_protocol import HttpProtocol
from src.service.prediction.micro_batcher import MAX_ROWS_PER_CALL
from src.settings import Settings
from tests.unit.inference_api.controller.fast_lane.lane_client import LaneUnderTest, batch_request, request
from tests.unit.inference_api.doubles import (
    BAD,
    BlockedEstimator,
    DoublingEstimator,
    FailingEstimator,
    PickyEstimator,
    eventually,
)

DELAYS = pytest.mark.parametrize("rest", [0.0, 20.0], ids=["no delay", "delay"])


def open_files() -> int:
    """Descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


class WordyEstimator:
    """Answers with 100 kB a row."""

    def predict(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The same long word for each row."""
        return np.array(["x" * 100_000] * len(data))


class UnspeakableEstimator:
    """Answers odd rows with a value that JSON cannot represent."""

    def predict(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The value itself, or an object."""
        return np.array([object() if x % 2 else x for x in data[:, 0].tolist()], dtype="object")


class TaggingEstimator:
    """Answers with a tag of its own for every row."""

    def __init__(self, tag: float) -> None:
        """Keep the tag."""
        self._tag = tag

    def predict(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The tag for each row."""
        return np.full(len(data), self._tag)


async def test_one_connection_many_requests() -> None:
    """A connection is kept for many requests, and each response is counted as the lane's."""
    async with LaneUnderTest(DoublingEstimator()) as lane:
        client = await lane.client()
        for x in range(20):
            await client.send(request(x))
            assert await client.prediction() == 2.0 * x
        text = lane.metrics.text().decode()
    assert 'inference_requests_total{route="/predict",status="200"} 20.0' in text
    assert "inference_lane_requests_total 20.0" in text


@DELAYS
async def test_every_client_gets_its_own_answers(rest: float) -> None:
    """Hundreds of requests of many connections share calls of the model, and each client gets its own predictions."""
    estimator = DoublingEstimator()
    async with LaneUnderTest(estimator, Settings(longest_rest_ms=rest)) as lane:
        clients = [await lane.client() for _ in range(40)]

        async def ask(number: int) -> list[float]:
            found = []
            for turn in range(10):
                await clients[number].send(request(1000 * number + turn))
                found.append(await clients[number].prediction())
            return found

        answers = await asyncio.gather(*map(ask, range(40)))
    assert answers == [[2.0 * (1000 * number + turn) for turn in range(10)] for number in range(40)]
    assert sum(estimator.calls) == 400
    assert max(estimator.calls) > 1


@pytest.mark.parametrize("slow", [False, True], ids=["loop", "thread"])
async def test_pipelined_requests_keep_their_order(slow: bool) -> None:  # noqa: FBT001 - a table of cases
    """Errors among good requests keep their position, with a model in the event loop and with one in a thread."""
    async with LaneUnderTest(PickyEstimator(), slow=slow) as lane:
        client = await lane.client()
        await client.send(b"".join(request(x) for x in (1, "no", BAD, 2, 3)))
        found = [await client.answer() for _ in range(5)]
    assert [status for status, _headers, _body in found] == [200, 422, 422, 200, 200]
    assert [body.get("prediction") for _status, _headers, body in found] == [2.0, None, None, 4.0, 6.0]
    assert found[1][2]["error"] == "invalid_input"
    assert found[2][2]["error"] == "prediction_refused"


async def test_a_request_may_be_split_at_any_byte() -> None:
    """Wherever it is split, it is answered, and the connection stays in the lane."""
    whole = request(21)
    async with LaneUnderTest(DoublingEstimator()) as lane:
        client = await lane.client()
        for cut in range(1, len(whole)):
            await client.send(whole[:cut], whole[cut:])
            assert await client.prediction() == 42.0
        await client.send(*[whole[place : place + 1] for place in range(len(whole))])
        assert await client.prediction() == 42.0
        assert lane.handed == []


@pytest.mark.parametrize(
    "first", [b"GET /health HTTP/1.1\r\nHost: api\r\n\r\n", b"GET", b"\x16\x03\x01", b"POST /pred\r\n"]
)
async def test_other_requests_are_handed_over_with_every_byte(first: bytes) -> None:
    """Uvicorn gets the connection with all bytes that were read, and the lane does not use it any more."""
    async with LaneUnderTest(DoublingEstimator()) as lane:
        client = await lane.client()
        await client.send(first)
        await eventually(lambda: bool(lane.handed))
        assert lane.handed[0][1] == first
        assert len(lane.lane) == 0


async def test_another_request_waits_for_the_responses_before_it() -> None:
    """After a prediction in a pipeline, it is handed over only when the prediction was answered."""
    estimator = BlockedEstimator()
    foreign = b"GET /health HTTP/1.1\r\nHost: api\r\n\r\n"
    async with LaneUnderTest(estimator, slow=True) as lane:
        client = await lane.client()
        await client.send(request(1) + foreign)
        await eventually(estimator.entered.is_set)
        assert lane.handed == []
        estimator.release.set()
        assert await client.prediction() == 2.0
        await eventually(lambda: bool(lane.handed))
        assert lane.handed[0][1] == foreign


async def test_waiting_requests_and_rows_are_counted() -> None:
    """A request is in flight until it is answered; its row waits until the model gets it."""
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        assert (lane.lane.requests_in_flight(), lane.lane.waiting_rows()) == (0, 0)
        client = await lane.client()
        await client.send(request(1))
        await eventually(estimator.entered.is_set)
        assert (lane.lane.requests_in_flight(), lane.lane.waiting_rows()) == (1, 0)
        assert lane.serving.waiting_rows() == 0
        other = await lane.client()
        await other.send(request(2))
        await eventually(lambda: lane.serving.waiting_rows() == 1)
        assert lane.lane.requests_in_flight() == 2
        estimator.release.set()
        assert [await client.prediction(), await other.prediction()] == [2.0, 4.0]
        assert (lane.lane.requests_in_flight(), lane.serving.waiting_rows()) == (0, 0)


async def test_a_slow_model_does_not_block_the_event_loop() -> None:
    """While a model predicts in a thread, connections are accepted and a newer model answers them."""
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        waiting = await lane.client()
        await waiting.send(request(1) + request(2))
        await eventually(estimator.entered.is_set)
        lane.serve(TaggingEstimator(7.0), "2")
        other = await lane.client()
        await other.send(request(1))
        assert (await other.answer())[1]["x-model-version"] == "2"
        await waiting.send(request(3))
        estimator.release.set()
        found = [await waiting.answer() for _ in range(3)]
    assert [body["prediction"] for _status, _headers, body in found] == [2.0, 4.0, 7.0]
    assert [headers["x-model-version"] for _status, headers, _body in found] == ["1", "1", "2"]


async def test_response_of_a_closed_connection_is_not_sent_to_another() -> None:
    """A connection that is closed while its request is in the model keeps its descriptor until the response."""
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        leaving = await lane.client()
        await leaving.send(request(1))
        await eventually(estimator.entered.is_set)
        leaving.reset()
        await eventually(lambda: len(lane.lane) == 0)
        newcomers = [await lane.client() for _ in range(5)]
        for number, client in enumerate(newcomers):
            await client.send(request(100 + number))
        estimator.release.set()
        assert [await client.prediction() for client in newcomers] == [200.0 + 2 * number for number in range(5)]


async def test_responses_wait_for_a_client_that_does_not_read() -> None:
    """Megabytes of responses are kept for the connection; the client gets all of them, in order, when it reads."""
    async with LaneUnderTest(WordyEstimator()) as lane:
        client = await lane.client()
        client.writer.write(b"".join(request(x) for x in range(300)))
        other = await lane.client()
        await other.send(request(1))
        assert len(await other.prediction()) == 100_000
        for _ in range(300):
            assert len(await client.prediction()) == 100_000


async def test_requests_before_a_half_close_are_answered() -> None:
    """A client that shuts down its sending side gets its responses and then the end; half a request gets none."""
    async with LaneUnderTest(DoublingEstimator()) as lane:
        client = await lane.client()
        client.writer.write(request(1) + request(2))
        client.writer.write_eof()
        assert [await client.prediction(), await client.prediction()] == [2.0, 4.0]
        assert await client.is_closed()
        half = await lane.client()
        half.writer.write(request(1)[:-3])
        half.writer.write_eof()
        assert await half.is_closed()


async def test_idle_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a request, or with half of one, is closed after the keep-alive time."""
    monkeypatch.setattr(handler, "_SWEEP_SECONDS", 0.02)  # the second of the keep-alive time
    async with LaneUnderTest(DoublingEstimator(), Settings(longest_rest_ms=0, keep_alive_seconds=1)) as lane:
        idle, half = await lane.client(), await lane.client()
        await half.send(request(1)[:-3])
        assert await idle.is_closed()
        assert await half.is_closed()
        assert len(lane.lane) == 0


@pytest.mark.parametrize("place", [20, len(request(1)) - 3], ids=["head", "body"])
async def test_a_request_that_arrives_slowly_is_ended(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that keep coming do not prolong the time of a request; a connection whose requests end in time stays."""
    monkeypatch.setattr(handler, "_SWEEP_SECONDS", 0.02)  # the second of the time
    monkeypatch.setattr(HttpProtocol, "request_seconds", 5)
    async with LaneUnderTest(DoublingEstimator(), Settings(longest_rest_ms=0)) as lane:
        slow, other = await lane.client(), await lane.client()
        await slow.send(request(1)[: place - 5])
        answered = asyncio.create_task(slow.answer())
        for number in range(1000):
            if number < 5:
                slow.writer.write(request(1)[place - 5 + number : place - 4 + number])
            await other.send(request(number)[:-4], request(number)[-4:])
            assert await other.prediction() == 2 * number
            if answered.done():
                break
        status, headers, body = await answered
        assert (status, body["error"], headers["connection"]) == (408, "request_timeout", "close")
        assert await slow.is_closed()
        await other.send(request(7))  # its first request was older than the slow one's last byte may be
        assert await other.prediction() == 14.0


async def test_a_slow_model_does_not_end_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """While an earlier request is predicted, the beginning of the next one waits, however long that takes."""
    monkeypatch.setattr(handler, "_SWEEP_SECONDS", 0.01)
    monkeypatch.setattr(HttpProtocol, "request_seconds", 2)
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        client = await lane.client()
        await client.send(request(1) + request(2)[:30])
        await asyncio.sleep(0.2)
        estimator.release.set()
        assert await client.prediction() == 2.0
        await client.send(request(2)[30:])
        assert await client.prediction() == 4.0


async def test_without_a_model_the_response_has_the_reason() -> None:
    """The response is 503 with Retry-After, and the connection is kept."""
    async with LaneUnderTest() as lane:
        client = await lane.client()
        await client.send(request(1))
        status, headers, body = await client.answer()
        assert (status, headers["retry-after"], body["error"]) == (503, "5", "not_ready")
        lane.serve(DoublingEstimator())
        await client.send(request(1))
        assert await client.prediction() == 2.0


async def test_a_failing_model_answers_500(caplog: pytest.LogCaptureFixture) -> None:
    """Every request gets 500, the log has the exception with the id of the first one, and the lane goes on."""
    async with LaneUnderTest(FailingEstimator(RuntimeError("boom"))) as lane:
        client = await lane.client()
        await client.send(request(1) + request(2))
        answers = [await client.answer() for _ in range(2)]
        assert [status for status, _headers, _body in answers] == [500, 500]
        [record] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert vars(record)["request_id"] == answers[0][1]["x-request-id"]
        assert "boom" in caplog.text
        lane.serve(DoublingEstimator())
        await client.send(request(1))
        assert await client.prediction() == 2.0


async def test_an_answer_that_json_cannot_represent_is_an_error() -> None:
    """It is 500 as on the route; the other requests get their predictions, and the connection is kept."""
    async with LaneUnderTest(UnspeakableEstimator()) as lane:
        client = await lane.client()
        await client.send(b"".join(request(x) for x in (2, 3, 4)))
        found = [await client.answer() for _ in range(3)]
        await client.send(request(6))
        assert await client.prediction() == 6.0
    assert [status for status, _headers, _body in found] == [200, 500, 200]
    assert found[1][2]["error"] == "internal_error"


async def test_too_many_waiting_rows_are_refused() -> None:
    """Beyond the limit of waiting rows the response is 503, as on the route."""
    estimator = BlockedEstimator()
    async with LaneUnderTest() as lane:
        lane.serve(estimator, slow=True, limit=1)
        first, second, third = [await lane.client() for _ in range(3)]
        await first.send(request(1))
        await eventually(estimator.entered.is_set)
        await second.send(request(2))
        await asyncio.sleep(0.05)
        await third.send(request(3))
        status, headers, body = await third.answer()
        assert (status, headers["retry-after"], body["error"]) == (503, "1", "overloaded")
        estimator.release.set()
        assert [await first.prediction(), await second.prediction()] == [2.0, 4.0]


async def test_close_answers_with_connection_close() -> None:
    """Requests that have arrived are answered, the last of each connection with `Connection: close`; then all end."""
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        busy, idle = await lane.client(), await lane.client()
        await busy.send(request(1) + request(2))
        await eventually(estimator.entered.is_set)
        closing = asyncio.create_task(lane.lane.close(20))
        await asyncio.sleep(0.05)
        estimator.release.set()
        await closing
        first, last = await busy.answer(), await busy.answer()
        assert ("connection" in first[1], last[1]["connection"]) == (False, "close")
        assert await busy.is_closed()
        assert await idle.is_closed()


async def test_close_waits_for_the_end_of_a_request() -> None:
    """A request that has arrived in part is answered with `Connection: close`; idle connections end at once."""
    async with LaneUnderTest(DoublingEstimator()) as lane:
        half, idle = await lane.client(), await lane.client()
        await half.send(request(4)[:-1])
        await idle.send(request(5))
        assert await idle.prediction() == 10.0
        closing = asyncio.create_task(lane.lane.close(20))
        assert await idle.is_closed()
        assert not closing.done()
        await half.send(request(4)[-1:])
        status, headers, body = await half.answer()
        assert (status, headers["connection"], body["prediction"]) == (200, "close", 8.0)
        await closing


async def test_a_poll_accepts_no_more_rows_than_the_limit() -> None:
    """Of many requests that arrive at once, those beyond the limit are refused, and the others answered."""
    estimator = BlockedEstimator()
    async with LaneUnderTest() as lane:
        lane.serve(estimator, slow=True, limit=10)
        client = await lane.client()
        await client.send(b"".join(request(x) for x in range(25)))
        await eventually(estimator.entered.is_set)
        estimator.release.set()
        found = [(await client.answer())[0] for _ in range(25)]
    assert found == [200] * 10 + [503] * 15


async def test_close_has_a_time_limit() -> None:
    """After the limit, `close` does not wait for the model any more."""
    estimator = BlockedEstimator()
    async with LaneUnderTest(estimator, slow=True) as lane:
        client = await lane.client()
        await client.send(request(1))
        await eventually(estimator.entered.is_set)
        await lane.lane.close(0.05)
        assert await client.is_closed()
        estimator.release.set()
        await asyncio.sleep(0.05)


async def test_a_model_is_read_once_a_batch() -> None:
    """During a swap the value and the version of every response are those of one model."""
    async with LaneUnderTest(TaggingEstimator(1.0), Settings(longest_rest_ms=5)) as lane:
        clients = [await lane.client() for _ in range(20)]

        async def ask(number: int) -> list[tuple[str, float]]:
            found = []
            for _ in range(50):
                await clients[number].send(request(1))
                _status, headers, body = await clients[number].answer()
                found.append((headers["x-model-version"], body["prediction"]))
            return found

        asking = asyncio.gather(*map(ask, range(20)))
        for version in range(2, 8):
            await asyncio.sleep(0.02)
            lane.serve(TaggingEstimator(float(version)), str(version))
        found = await asking
    assert all(float(version) == value for answers in found for version, value in answers)
    assert all([v for v, _ in answers] == sorted(v for v, _ in answers) for answers in found)


async def test_no_descriptor_leaks() -> None:
    """After connections that end in every possible way, the number of open files is as before."""
    async with LaneUnderTest(DoublingEstimator()) as lane:
        before = open_files()
        for turn in range(60):
            client = await lane.client()
            await client.send(request(1))
            await client.prediction()
            if turn % 3 == 0:
                client.reset()
            elif turn % 3 == 1:
                client.writer.write_eof()
                assert await client.is_closed()
                client.writer.close()
            else:
                client.writer.close()
        await eventually(lambda: len(lane.lane) == 0)
        await eventually(lambda: open_files() <= before)


@pytest.mark.parametrize("slow", [False, True], ids=["loop", "thread"])
async def test_batches_and_single_rows_share_a_call(slow: bool) -> None:  # noqa: FBT001 - a table of cases
    """Pipelined together they are answered in their order by one call, each counted under its own path."""
    estimator = DoublingEstimator()
    async with LaneUnderTest(estimator, slow=slow) as lane:
        client = await lane.client()
        await client.send(request(1) + batch_request([2, 3, 4]) + batch_request([]) + request(5))
        bodies = [(await client.answer())[2] for _ in range(4)]
        text = lane.metrics.text().decode()
        assert lane.handed == []
    assert bodies == [{"prediction": 2.0}, {"predictions": [4.0, 6.0, 8.0]}, {"predictions": []}, {"prediction": 10.0}]
    assert estimator.calls == [5]
    assert 'inference_requests_total{route="/predict/batch",status="200"} 2.0' in text
    assert "inference_lane_requests_total 4.0" in text


async def test_a_batch_is_answered_whole_or_not_at_all() -> None:
    """The error names the rows that the model refuses, and the other requests of the call are answered."""
    async with LaneUnderTest(PickyEstimator()) as lane:
        client = await lane.client()
        await client.send(request(1) + batch_request([1, BAD, 2, BAD]) + batch_request([7, "no"]) + request(3))
        found = [await client.answer() for _ in range(4)]
    assert [status for status, _headers, _body in found] == [200, 422, 422, 200]
    assert found[1][2]["detail"] == "the model has no answer for 2 of 4 rows"
    assert [problem["field"] for problem in found[1][2]["fields"]] == ["[1]", "[3]"]
    assert [problem["field"] for problem in found[2][2]["fields"]] == ["[1].x"]


async def test_a_batch_without_room_is_refused_whole() -> None:
    """Requests are answered while there is room for their rows; one without enough room gets 503, as on the route."""
    estimator = BlockedEstimator()
    async with LaneUnderTest() as lane:
        lane.serve(estimator, slow=True, limit=4)
        client = await lane.client()
        await client.send(request(1) + batch_request([2, 3]) + batch_request([4, 5]) + request(6) + request(7))
        await eventually(estimator.entered.is_set)
        estimator.release.set()
        assert [(await client.answer())[0] for _ in range(5)] == [200, 200, 503, 200, 503]


async def test_a_batch_over_the_limit_of_waiting_rows_passes_alone() -> None:
    """As on the route, a request may have more rows than the limit when no other rows wait."""
    async with LaneUnderTest() as lane:
        lane.serve(DoublingEstimator(), slow=True, limit=4)
        client = await lane.client()
        await client.send(batch_request(list(range(6))))
        assert (await client.answer())[2] == {"predictions": [2.0 * x for x in range(6)]}


async def test_many_batches_at_once_are_several_short_calls() -> None:
    """Thousands of rows of many connections are predicted in the event loop, in calls that are short enough for it."""
    estimator = DoublingEstimator()
    async with LaneUnderTest(estimator, Settings(longest_rest_ms=0)) as lane:
        clients = [await lane.client() for _ in range(40)]
        for number, client in enumerate(clients):
            await client.send(batch_request([number] * 100))
        for number, client in enumerate(clients):
            assert (await client.answer())[2] == {"predictions": [2.0 * number] * 100}
    assert max(estimator.calls) <= MAX_ROWS_PER_CALL


class ChanceEstimator(DoublingEstimator):
    """Has probabilities of two classes, the first of them a hundredth of the first column."""

    def predict_proba(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """One row of two numbers for each row."""
        return np.stack([data[:, 0] / 100, 1 - data[:, 0] / 100], axis=1)


@pytest.mark.parametrize("slow", [False, True], ids=["loop", "thread"])
async def test_probabilities_among_plain_requests(slow: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """In one pipeline each request is answered in order, with the probabilities it asked for, or without."""
    async with LaneUnderTest(ChanceEstimator(), slow=slow) as lane:
        lane.serve_probabilities()
        client = await lane.client()
        plain = [request(x) for x in range(20)]
        wanted = [one.replace(b"/predict ", b"/predict?probabilities=true ") for one in plain]
        await client.send(b"".join(part for pair in zip(plain, wanted, strict=True) for part in pair))
        for x in range(20):
            assert await client.answer() == (200, ANY, {"prediction": 2.0 * x})
            chance = {"a": pytest.approx(x / 100), "b": pytest.approx(1 - x / 100)}
            assert await client.answer() == (200, ANY, {"prediction": 2.0 * x, "probabilities": chance})
        assert not lane.handed
