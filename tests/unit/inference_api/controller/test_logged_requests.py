"""What the lane and the route give to the prediction log."""

import json
from pathlib import Path

import httpx

from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction_log.prediction_log import PredictionLog
from src.settings import Settings
from tests.unit.inference_api.challenger_double import StubProcess, challenger_of, key_of
from tests.unit.inference_api.controller.fast_lane.lane_client import LaneUnderTest, X, request
from tests.unit.inference_api.doubles import DoublingEstimator, model_of

KEYS = [key_of(chosen=False), key_of(chosen=True)]


def settings_for(folder: Path) -> Settings:
    """Every request is logged."""
    return Settings(longest_rest_ms=0, prediction_log_percent=100, prediction_log_dir=folder)


def logged(folder: Path) -> list[tuple[str, str, float]]:
    """Request, version and prediction of each record."""
    [file] = folder.iterdir()
    records = [json.loads(line) for line in file.read_text().splitlines()]
    return [(record["request_id"], record["model_version"], record["prediction"]) for record in records]


async def test_the_lane_names_the_version_that_answered(tmp_path: Path) -> None:
    """Champion and challenger, with the id of the response; refused requests have no record."""
    settings = settings_for(tmp_path)
    lane = LaneUnderTest(DoublingEstimator(), settings=settings)
    lane.serving.challenger = challenger_of(StubProcess())
    log = lane.serving.prediction_log = PredictionLog.of(settings)
    assert log is not None
    async with lane:
        client = await lane.client()
        await client.send(b"".join(request(x, f"X-Request-ID: {key}") for x in (4, "no") for key in KEYS))
        statuses = [(await client.answer())[0] for _ in range(4)]
    log.start()
    log.close()
    assert statuses == [200, 200, 422, 422]
    assert sorted(logged(tmp_path), key=lambda record: record[1]) == [(KEYS[0], "1", 8.0), (KEYS[1], "2", 12.0)]


async def test_the_route_names_the_version_that_answered(tmp_path: Path) -> None:
    """As the lane."""
    app = create_app(settings_for(tmp_path))
    app.state.serving.batcher = MicroBatcher(model_of(DoublingEstimator(), X), app.state.metrics, 10)
    app.state.serving.challenger = challenger_of(StubProcess())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        for x in (4, "no"):
            for key in KEYS:
                await client.post("/predict", json={"x": x}, headers={"X-Request-ID": key})
    log = app.state.serving.prediction_log
    log.start()
    log.close()
    assert logged(tmp_path) == [(KEYS[0], "1", 8.0), (KEYS[1], "2", 12.0)]
