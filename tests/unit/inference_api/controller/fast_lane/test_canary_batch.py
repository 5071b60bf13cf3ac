"""The challenger's part of the lane's requests: who answers, in which order, and what becomes of failures."""

import asyncio
import json
import math
import random
from collections import Counter
from typing import Any

import httpx
import pytest

from src.controller.inference import create_app
from src.errors import RefusedRowError
from src.service.challenger.challenger import ChallengerError
from src.service.challenger.split import is_chosen
from src.service.challenger.traffic import Traffic
from src.settings import Settings
from tests.unit.inference_api.challenger_double import StubProcess, challenger_of, counted, key_of
from tests.unit.inference_api.controller.fast_lane.lane_client import LaneUnderTest, batch_request, request
from tests.unit.inference_api.controller.fast_lane.test_handler import ChanceEstimator
from tests.unit.inference_api.doubles import BAD, BlockedEstimator, DoublingEstimator, PickyEstimator, eventually

OURS, THEIRS = key_of(chosen=False), key_of(chosen=True)
SLOW = pytest.mark.parametrize("slow", [False, True], ids=["loop", "thread"])


def keyed(x: Any, key: str) -> bytes:
    """A plain prediction with a key."""
    return request(x, f"X-Request-ID: {key}")


def lane_with(process: StubProcess, estimator: Any = None, percent: float = 50.0, **options: Any) -> LaneUnderTest:
    """A lane with a champion and a challenger."""
    lane = LaneUnderTest(estimator or DoublingEstimator(), **options)
    lane.serving.challenger = challenger_of(process, percent)
    return lane


async def test_each_request_goes_to_the_version_of_its_key() -> None:
    """Requests that arrive together are answered by champion and challenger, and each says by which."""
    process, estimator = StubProcess(), DoublingEstimator()
    async with lane_with(process, estimator) as lane:
        clients = [await lane.client() for _ in range(40)]
        keys = [f"client-{number}" for number in range(40)]
        for turn in range(5):
            for number, client in enumerate(clients):
                await client.send(keyed(10 * number + turn, keys[number]))
            for number, client in enumerate(clients):
                status, headers, body = await client.answer()
                version, factor = ("2", 3.0) if is_chosen(keys[number].encode(), 50) else ("1", 2.0)
                assert (status, headers["x-model-version"], headers["x-request-id"]) == (200, version, keys[number])
                assert body == {"prediction": factor * (10 * number + turn)}
        canaries = 5 * sum(is_chosen(key.encode(), 50) for key in keys)
        assert counted(lane.metrics) == {"answered": canaries, "fallback": 0}
        assert (sum(map(len, process.calls)), sum(estimator.calls)) == (canaries, 200 - canaries)
        assert "inference_lane_requests_total 200.0" in lane.metrics.text().decode()


@pytest.mark.parametrize("percent", [0.0, 100.0])
async def test_no_and_all_requests(percent: float) -> None:
    """With 0 % every request is the champion's, with 100 % every one the challenger's, with a key or without."""
    async with lane_with(StubProcess(), percent=percent) as lane:
        client = await lane.client()
        await client.send(*[request(1), keyed(1, OURS), keyed(1, THEIRS)] * 10)
        versions = {(await client.answer())[1]["x-model-version"] for _ in range(30)}
    assert versions == {"2" if percent else "1"}


async def test_a_key_keeps_its_version_while_the_part_grows() -> None:
    """From 10 to 20 % those that the challenger answered stay with it, and others come."""
    keys = [f"client-{number}" for number in range(300)]
    found: list[set[str]] = []
    process = StubProcess()
    async with lane_with(process) as lane:
        client = await lane.client()
        for percent in (10.0, 10.0, 20.0):
            lane.serving.challenger = challenger_of(process, percent)
            await client.send(b"".join(keyed(1, key) for key in keys))
            found.append({key for key in keys if (await client.answer())[1]["x-model-version"] == "2"})
    assert found[0] == found[1] == {key for key in keys if is_chosen(key.encode(), 10)}
    assert found[0] < found[2]


async def test_a_header_of_choice() -> None:
    """With CANARY_HEADER all requests of a user are answered by one version, whatever their ids; without it by both."""
    random.seed(18)
    async with lane_with(StubProcess(), settings=Settings(longest_rest_ms=0, canary_header="X-User-ID")) as lane:
        client = await lane.client()
        for user, versions in ((OURS, {"1"}), (THEIRS, {"2"}), ("", {"1", "2"})):
            lines = [f"x-user-id: {user}"] if user else []
            await client.send(b"".join(request(1, *lines, f"X-Request-ID: {turn}") for turn in range(30)))
            assert {(await client.answer())[1]["x-model-version"] for _ in range(30)} == versions


async def test_a_challenger_that_waits_delays_nobody_else() -> None:
    """While canaries wait, other connections are answered, and so is the canaries' connection afterwards."""
    process = StubProcess()
    process.may_answer.clear()
    async with lane_with(process) as lane:
        waiting, other = await lane.client(), await lane.client()
        await waiting.send(keyed(1, THEIRS))
        await eventually(lambda: bool(process.calls))
        await waiting.send(keyed(2, OURS))
        for x in range(10):
            await other.send(keyed(x, OURS))
            assert await other.prediction() == 2.0 * x
        process.may_answer.set()
        assert [await waiting.prediction(), await waiting.prediction()] == [3.0, 4.0]
        await waiting.send(keyed(3, OURS))
        assert await waiting.prediction() == 6.0


@SLOW
async def test_pipelines_keep_their_order(slow: bool) -> None:  # noqa: FBT001 - a table of cases
    """On one connection the responses of both versions, and the errors among them, come in the requests' order."""
    process = StubProcess(lambda row: RefusedRowError("no") if row[0] == BAD else row[0] * 3)
    async with lane_with(process, PickyEstimator(), slow=slow) as lane:
        client, other = await lane.client(), await lane.client()
        for _ in range(3):
            parts = [(x, key) for x in (1, "no", BAD, 2) for key in (OURS, THEIRS)]
            await client.send(b"".join(keyed(x, key) for x, key in parts))
            await other.send(keyed(7, OURS) + batch_request([1, 2]) + keyed(8, OURS))
            found = [await client.answer() for _ in parts]
            assert [status for status, _headers, _body in found] == [200, 200, 422, 422, 422, 422, 200, 200]
            assert [body["prediction"] for _status, _headers, body in (*found[:2], *found[6:])] == [2.0, 3.0, 4.0, 6.0]
            assert [headers["x-model-version"] for _status, headers, _body in (*found[:2], *found[6:])] == [*"1212"]
            assert [(await other.answer())[0] for _ in range(3)] == [200] * 3
        assert counted(lane.metrics)["fallback"] == 3


@SLOW
@pytest.mark.parametrize("error", [ChallengerError("slow"), RuntimeError("a fault of the service")])
async def test_the_champion_answers_what_the_challenger_cannot(error: Exception, slow: bool) -> None:  # noqa: FBT001 - a table of cases
    """A challenger that raises costs no request."""
    process = StubProcess()
    process.error = error
    async with lane_with(process, slow=slow) as lane:
        clients = [await lane.client() for _ in range(20)]
        for number, client in enumerate(clients):
            await client.send(keyed(number, THEIRS) + keyed(number, OURS))
        for number, client in enumerate(clients):
            for _ in range(2):
                status, headers, body = await client.answer()
                assert (status, headers["x-model-version"], body) == (200, "1", {"prediction": 2.0 * number})
        assert counted(lane.metrics) == {"answered": 0, "fallback": 20}


async def test_a_request_is_answered_by_one_version() -> None:
    """A batch with one row that the challenger has no finite value for is the champion's; the others stay canaries."""
    process = StubProcess(lambda row: math.nan if row[0] == 5 else row[0] * 3)
    async with lane_with(process, percent=100.0) as lane:
        client = await lane.client()
        await client.send(
            batch_request([1, 5, 2]) + batch_request([1, 2]) + request(5) + request(4) + batch_request([])
        )
        found = [await client.answer() for _ in range(5)]
    assert [headers["x-model-version"] for _status, headers, _body in found] == [*"12121"]
    assert [body for _status, _headers, body in found] == [
        {"predictions": [2.0, 10.0, 4.0]},
        {"predictions": [3.0, 6.0]},
        {"prediction": 10.0},
        {"prediction": 12.0},
        {"predictions": []},
    ]


@pytest.mark.parametrize(("names", "version"), [(("a", "b"), "2"), (("b", "a"), "1")])
async def test_probabilities(names: tuple[str, ...], version: str) -> None:
    """They are the challenger's when its classes are those of the champion; predictions are in any case."""
    async with LaneUnderTest(ChanceEstimator()) as lane:
        lane.serve_probabilities()
        lane.serving.challenger = challenger_of(StubProcess(), 100, names)
        client = await lane.client()
        await client.send(request(20).replace(b"/predict ", b"/predict?probabilities=true ") + request(20))
        _status, headers, body = await client.answer()
        assert headers["x-model-version"] == version
        assert body["probabilities"] == pytest.approx({"2": {"a": 0.25, "b": 0.75}, "1": {"a": 0.2, "b": 0.8}}[version])
        assert (await client.answer())[1]["x-model-version"] == "2"


def v2_request(path: str) -> bytes:
    """An inference request for a row with the value 4."""
    body = json.dumps({"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [4]}]}).encode()
    return b"POST %b/infer HTTP/1.1\r\nHost: api\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


async def test_the_address_of_a_version_is_that_version() -> None:
    """Open inference: the body names who answered, and no canary is at the address of the champion's version."""
    model = "/v2/models/linear_regression_model"
    async with lane_with(StubProcess(), percent=100.0) as lane:
        client = await lane.client()
        await client.send(v2_request(model) + v2_request(f"{model}/versions/1"))
        for version, value in (("2", 12.0), ("1", 8.0)):
            _status, headers, body = await client.answer()
            assert (headers["x-model-version"], body["model_version"]) == (version, version)
            assert body["outputs"][0]["data"] == [value]


async def test_canaries_outlive_their_challenger_and_their_champion() -> None:
    """They are answered by the versions that were there when they came, whoever serves when the challenger answers."""
    process, failing = StubProcess(), StubProcess()
    failing.error = ChallengerError("ended")
    for one in (process, failing):
        one.may_answer.clear()
    async with lane_with(process, percent=100.0) as lane:
        first, second = await lane.client(), await lane.client()
        await first.send(request(1) + request(2))
        await eventually(lambda: bool(process.calls))
        lane.serving.challenger = challenger_of(failing, 100)
        await second.send(request(1))
        await eventually(lambda: bool(failing.calls))
        lane.serve(PickyEstimator(), "7")
        lane.serving.challenger = None
        for one in (process, failing):
            one.may_answer.set()
        for client, version, answer in ((first, "2", 3.0), (first, "2", 6.0), (second, "1", 2.0)):
            _status, headers, body = await client.answer()
            assert (headers["x-model-version"], body["prediction"]) == (version, answer)
            if client is second:
                await client.send(request(4))
                assert (await client.answer())[1]["x-model-version"] == "7"


async def test_the_percentage_changes_with_the_next_requests() -> None:
    """A challenger's new traffic holds from the next requests on."""
    async with lane_with(StubProcess(), percent=0.0) as lane:
        client = await lane.client()
        challenger = lane.serving.challenger
        assert challenger is not None
        for percent, version in ((0.0, "1"), (100.0, "2"), (0.0, "1")):
            challenger.traffic = Traffic(canary_percent=percent)
            await client.send(request(1))
            assert (await client.answer())[1]["x-model-version"] == version


async def test_close_answers_the_canaries() -> None:
    """Requests that wait for the challenger are answered, the last of each connection with `Connection: close`."""
    process = StubProcess()
    process.may_answer.clear()
    async with lane_with(process) as lane:
        client = await lane.client()
        await client.send(keyed(1, OURS) + keyed(2, THEIRS) + keyed(3, OURS))
        await eventually(lambda: bool(process.calls))
        closing = asyncio.create_task(lane.lane.close(20))
        await asyncio.sleep(0.01)
        assert not closing.done()
        process.may_answer.set()
        await closing
        found = [await client.answer() for _ in range(3)]
        assert [body["prediction"] for _status, _headers, body in found] == [2.0, 6.0, 6.0]
        assert [headers.get("connection") for _status, headers, _body in found] == [None, None, "close"]
        assert await client.is_closed()


async def test_response_of_a_closed_connection_is_not_sent_to_another() -> None:
    """A connection that ends while its canary waits keeps its descriptor until the challenger has answered."""
    process = StubProcess()
    process.may_answer.clear()
    async with lane_with(process) as lane:
        leaving = await lane.client()
        await leaving.send(keyed(1, THEIRS))
        await eventually(lambda: bool(process.calls))
        leaving.reset()
        await eventually(lambda: len(lane.lane) == 0)
        newcomers = [await lane.client() for _ in range(5)]
        for number, client in enumerate(newcomers):
            await client.send(keyed(100 + number, OURS))
        assert [await client.prediction() for client in newcomers] == [200.0 + 2 * number for number in range(5)]
        process.may_answer.set()
        await newcomers[0].send(keyed(7, THEIRS))
        assert await newcomers[0].prediction() == 21.0


async def test_refused_when_the_champion_has_no_room() -> None:
    """Canaries that fall back, and find no room among the champion's rows, are refused as on the route."""
    estimator, process = BlockedEstimator(), StubProcess()
    async with lane_with(process, percent=100.0) as lane:
        lane.serve(estimator, slow=True, limit=2)
        process.error = ChallengerError("dead")
        client = await lane.client()
        await client.send(b"".join(request(x) for x in range(5)))
        await eventually(estimator.entered.is_set)
        estimator.release.set()
        assert [(await client.answer())[0] for _ in range(5)] == [200, 200, 503, 503, 503]


async def test_the_route_splits_in_the_same_way() -> None:
    """For the same keys, lane and route have the same versions, bodies, and numbers of canaries."""
    keys = [f"client-{number}" for number in range(200)]
    requests = [(key, path) for key in keys for path in ("/predict", "/predict/batch")]
    app = create_app(Settings())
    async with lane_with(StubProcess(), percent=10.0) as lane:
        app.state.serving.batcher, app.state.serving.challenger = lane.serving.batcher, lane.serving.challenger
        client = await lane.client()
        of_lane: list[tuple[str, Any]] = []
        for key, path in requests:
            body = b'{"x":1}' if path == "/predict" else b'[{"x":1},{"x":2}]'
            lines = f"POST {path} HTTP/1.1\r\nHost: api\r\nX-Request-ID: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
            await client.send(lines.encode() + body)
            _status, headers, answer = await client.answer()
            of_lane.append((headers["x-model-version"], answer))
        assert lane.handed == []
        canaries = counted(lane.metrics)
    of_route: list[tuple[str, Any]] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as asgi:
        for key, path in requests:
            body = b'{"x":1}' if path == "/predict" else b'[{"x":1},{"x":2}]'
            response = await asgi.post(path, content=body, headers={"X-Request-ID": key})
            of_route.append((response.headers["x-model-version"], response.json()))
    assert of_route == of_lane
    assert counted(app.state.metrics) == canaries
    assert Counter(version for version, _answer in of_lane)["2"] == canaries["answered"] > 0
