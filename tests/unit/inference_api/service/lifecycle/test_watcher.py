"""Polling the alias and swapping models; after a failure the current model keeps serving."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from service_process import free_port
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import FunctionTransformer

from src.errors import ModelError, ModelRefusedError, NotReadyError, RegistryError
from src.service.feature_profile import FeatureProfile, NumberProfile
from src.service.fetching.request import FetchRequest
from src.service.lifecycle import version_source
from src.service.lifecycle import watcher as module
from src.service.lifecycle.serving_state import ServingState
from src.service.lifecycle.watcher import ModelWatcher
from src.service.metrics.metrics import Metrics
from src.service.registry.bundle import DESCRIPTION, Bundle, Check
from src.service.registry.cache import ModelCache
from src.service.registry.client import ModelVersion
from src.service.schema.column import Column
from src.settings import Settings
from tests.unit.inference_api.doubles import StubRegistry, eventually, regression, version_of, write_bundle

ROW = (1.0, 1.0, 1.0)


def times(factor: float) -> LinearRegression:
    """A regression whose prediction for `ROW` is 111 times the factor."""
    model = regression()
    model.coef_ = model.coef_ * factor
    return model


class FolderFetch:
    """Writes a model in place of the fetch process."""

    def __init__(self) -> None:
        """Start without fetches."""
        self.requests: list[FetchRequest] = []
        self.error: ModelError | None = None

    async def __call__(self, request: FetchRequest, _limit_seconds: float) -> Bundle:
        """Write the bundle, or fail after a part of it."""
        self.requests.append(request)
        destination = Path(request.destination)
        if self.error is not None:
            (destination / "half").write_text("")
            raise self.error
        return write_bundle(destination, times(float(request.version)), request.version)


class Watched:
    """A watcher with its registry, cache and state."""

    def __init__(self, registry: StubRegistry, folder: Path, url: str = "", poll_seconds: float = 0.02) -> None:
        """Create a watcher for a stub, or for another address."""
        self.settings = Settings(
            mlflow_tracking_uri=url or registry.url, model_cache_dir=folder, model_poll_seconds=poll_seconds
        )
        self.registry = registry
        self.serving, self.metrics = ServingState(), Metrics()
        self.cache = ModelCache(folder, self.settings.registered_model_name, self.settings.model_alias)
        self.watcher = ModelWatcher(self.settings, self.serving, self.metrics)

    def register(self, version: ModelVersion, estimator: Any = None, **values: Any) -> None:
        """Fetch a version into the cache and point the alias at it."""
        workspace = self.cache.workspace()
        write_bundle(workspace, estimator or times(float(version.version)), version.version, **values)
        self.cache.keep(workspace, version)
        self.registry.point_at(version)

    async def answer(self) -> float:
        """The current model's prediction for `ROW`."""
        (outcome,) = await self.serving.current().predict([ROW])
        assert isinstance(outcome, float)
        return outcome

    async def until(self, condition: Callable[[], bool]) -> None:
        """Run the watcher until a condition is true."""
        task = asyncio.create_task(self.watcher.run())
        try:
            await eventually(lambda: condition() or task.done())
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def metric(self, name: str) -> str:
        """The value of a metric."""
        lines = self.metrics.text().decode().splitlines()
        return next((line.split()[-1] for line in lines if line.startswith(name)), "none")


@pytest.fixture(autouse=True)
def _unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable garbage collection at swaps, which takes longer than the tests; it has its own test."""
    monkeypatch.setattr(module, "freeze_gc", lambda: None)


@pytest.fixture
def watched(registry: StubRegistry, tmp_path: Path) -> Watched:
    """A watcher of a stub."""
    return Watched(registry, tmp_path)


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch) -> FolderFetch:
    """Fetches without a server."""
    double = FolderFetch()
    monkeypatch.setattr(version_source, "run_fetch", double)
    return double


async def test_first_version(watched: Watched) -> None:
    """The version that the alias points at serves after one poll, and is the last good one."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(111)
    assert watched.cache.last_good() == watched.cache.folder_of(version_of("1"))
    assert watched.metric('inference_model_reloads_total{outcome="success"}') == "1.0"
    assert watched.metric('inference_model_info{alias="champion"') == "1.0"


async def test_nothing_new(watched: Watched) -> None:
    """While the alias is unchanged, a poll changes nothing."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    batcher = watched.serving.batcher
    await watched.watcher.refresh()
    assert watched.serving.batcher is batcher
    assert watched.metric('inference_model_reloads_total{outcome="success"}') == "1.0"


async def test_alias_moves(watched: Watched) -> None:
    """After the alias has moved the new version predicts; the old one completes its calls."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    begun = asyncio.create_task(watched.serving.current().predict([ROW]))
    watched.register(version_of("2"))
    await watched.watcher.refresh()
    assert await begun == pytest.approx([111])
    assert await watched.answer() == pytest.approx(222)
    assert watched.serving.current().model.bundle.version == "2"


async def test_new_registry_counts_from_one_again(watched: Watched) -> None:
    """The same number from another registry is another model and is swapped in."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    watched.register(version_of("1", source="models:/m-new"), times(3))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(333)


PROFILE = FeatureProfile(10, {"feature1": NumberProfile("number", (1.5,), (5, 5))}, None)


async def test_drift_of_the_model_that_serves(watched: Watched) -> None:
    """Each version is compared with its own profile; one without a profile is compared with nothing."""
    watched.register(version_of("1"), profile=PROFILE)
    await watched.watcher.refresh()
    first = watched.serving.drift
    await watched.answer()
    assert first is not None
    first.count_portion()
    assert (first.version, first.report().rows) == ("1", 1)
    watched.register(version_of("2"), profile=PROFILE)
    await watched.watcher.refresh()
    second = watched.serving.drift
    assert second is not None
    assert (second.version, second.report().rows) == ("2", 0)
    watched.register(version_of("3"))
    await watched.watcher.refresh()
    assert watched.serving.drift is None
    assert watched.serving.current().observers == ()


@pytest.mark.parametrize("off", [{"drift_window_rows": 0}, {"drift_window_seconds": 0.0}])
async def test_drift_turned_off(off: dict[str, Any], watched: Watched) -> None:
    """With a window of 0 rows or seconds nothing is compared."""
    watched.watcher._settings = replace(watched.settings, **off)
    watched.register(version_of("1"), profile=PROFILE)
    await watched.watcher.refresh()
    assert watched.serving.drift is None
    assert watched.serving.current().model.profile == PROFILE


BAD: dict[str, dict[str, Any]] = {
    "untrusted": {"estimator": FunctionTransformer(os.system)},
    "other answers": {"checks": (Check(dict.fromkeys(("feature1", "feature2", "feature3"), 1.0), 5.0),)},
    "pickle": {"serialization_format": "pickle"},
}


@pytest.mark.parametrize("case", BAD)
async def test_refused_version_keeps_the_old(case: str, watched: Watched) -> None:
    """When a version cannot be served, the previous one keeps serving."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    watched.register(version_of("2"), **BAD[case])
    with pytest.raises(ModelRefusedError):
        await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(111)
    assert watched.cache.last_good() == watched.cache.folder_of(version_of("1"))
    assert watched.metric('inference_model_reloads_total{outcome="failure"}') == "1.0"


async def test_refused_version_is_not_tried_at_every_poll(registry: StubRegistry, tmp_path: Path) -> None:
    """A refused version is tried again only after a pause; polls before that raise the known error."""
    watched = Watched(registry, tmp_path, poll_seconds=1e8)
    watched.register(version_of("1"), FunctionTransformer(os.system))
    for _ in range(3):
        with pytest.raises(ModelRefusedError, match=r"posix\.system"):
            await watched.watcher.refresh()
    assert watched.metric('inference_model_reloads_total{outcome="failure"}') == "1.0"
    watched.watcher._backoff.reset()
    with pytest.raises(ModelRefusedError):
        await watched.watcher.refresh()
    assert watched.metric('inference_model_reloads_total{outcome="failure"}') == "2.0"


async def test_repair_of_a_refused_version(watched: Watched) -> None:
    """When the alias moves from a refused version to another and back, each change takes effect at once."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    watched.register(version_of("2"), FunctionTransformer(os.system))
    with pytest.raises(ModelRefusedError):
        await watched.watcher.refresh()
    watched.register(version_of("3"))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(333)
    watched.registry.point_at(version_of("1"))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(111)


async def test_version_is_fetched(watched: Watched, fetch: FolderFetch) -> None:
    """A version that is not cached is fetched once, with the registry's data, and then kept."""
    version = version_of("4", content_sha256="abc")
    watched.registry.point_at(version)
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(444)
    (request,) = fetch.requests
    assert (request.version, request.content_sha256, request.source) == ("4", "abc", "models:/m-4")
    assert (request.tracking_uri, request.allow_pickle) == (watched.registry.url, False)
    other = Watched(watched.registry, watched.settings.model_cache_dir)
    await other.watcher.refresh()
    assert await other.answer() == pytest.approx(444)
    assert len(fetch.requests) == 1


async def test_failed_fetch_leaves_nothing(registry: StubRegistry, tmp_path: Path, fetch: FolderFetch) -> None:
    """A failed fetch leaves no files, and is retried after a pause, not at every poll."""
    watched = Watched(registry, tmp_path, poll_seconds=60)  # so long is the pause, however slow the machine is
    registry.point_at(version_of("4"))
    fetch.error = ModelError("the bucket is gone")
    for _ in range(2):
        with pytest.raises(ModelError, match="the bucket is gone"):
            await watched.watcher.refresh()
    assert list(watched.settings.model_cache_dir.rglob("half")) == []
    assert len(fetch.requests) == 1
    fetch.error = None
    watched.watcher._backoff.reset()
    await watched.watcher.refresh()
    assert len(fetch.requests) == 2
    assert await watched.answer() == pytest.approx(444)


async def test_cache_that_cannot_be_written(registry: StubRegistry, tmp_path: Path, fetch: FolderFetch) -> None:
    """A version is fetched and serves although the cache cannot be written; later polls do not fetch again."""
    (tmp_path / "file").write_text("")
    watched = Watched(registry, tmp_path / "file")
    registry.point_at(version_of("4"))
    await watched.until(lambda: watched.serving.batcher is not None)
    assert await watched.answer() == pytest.approx(444)
    assert "cannot be written (Not a directory)" in str(watched.serving.cache_problem)
    for _ in range(3):
        await watched.watcher.refresh()
    assert len(fetch.requests) == 1
    registry.point_at(version_of("5"))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(555)


async def test_cache_that_becomes_full(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that fills the volume is repeated in the substitute at once; one that fails otherwise is not."""
    fetch = FolderFetch()

    async def full(request: FetchRequest, limit_seconds: float) -> Bundle:
        destination = Path(request.destination)
        if destination.is_relative_to(watched.settings.model_cache_dir):
            (destination / "probe").symlink_to("/dev/full")
            fetch.requests.append(request)
            raise ModelError("the model cannot be downloaded: [Errno 28] No space left on device")
        return await fetch(request, limit_seconds)

    monkeypatch.setattr(version_source, "run_fetch", full)
    watched.registry.point_at(version_of("4"))
    await watched.watcher.refresh()
    assert await watched.answer() == pytest.approx(444)
    assert "cannot be written (No space left on device)" in str(watched.serving.cache_problem)
    assert len(fetch.requests) == 2
    await watched.watcher.refresh()
    assert len(fetch.requests) == 2


async def test_damaged_cache_is_fetched_again(watched: Watched, fetch: FolderFetch) -> None:
    """A cached version that was changed is not served but fetched again."""
    watched.register(version_of("4"))
    (watched.cache.folder_of(version_of("4")) / DESCRIPTION).write_text("{")
    await watched.watcher.refresh()
    assert len(fetch.requests) == 1
    assert await watched.answer() == pytest.approx(444)


async def test_start_without_mlflow(registry: StubRegistry, tmp_path: Path) -> None:
    """With MLflow down the last good version serves, and the reason is shown."""
    before = Watched(registry, tmp_path)
    before.register(version_of("2"))
    await before.watcher.refresh()
    after = Watched(registry, tmp_path, f"http://127.0.0.1:{free_port()}")
    await after.until(lambda: after.serving.last_error is not None)
    assert await after.answer() == pytest.approx(222)
    assert after.serving.last_error is not None
    assert after.serving.last_error.kind == RegistryError.kind
    assert "Connection refused" in after.serving.last_error.detail
    assert after.metric("inference_model_reload_failing ") == "1.0"


async def test_cached_version_is_not_loaded_twice(registry: StubRegistry, tmp_path: Path) -> None:
    """When the alias still points at the version that was started from, it is not loaded again."""
    before = Watched(registry, tmp_path)
    before.register(version_of("2"))
    await before.watcher.refresh()
    after = Watched(registry, tmp_path)
    asked = len(registry.requests)
    await after.until(lambda: len(registry.requests) > asked + 2)
    assert after.metric('inference_model_reloads_total{outcome="success"}') == "0.0"
    assert after.serving.last_error is None


async def test_late_mlflow(watched: Watched) -> None:
    """The service waits for MLflow and shows why; the error disappears when MLflow answers."""
    watched.registry.status = 503
    await watched.until(lambda: watched.serving.last_error is not None)
    with pytest.raises(NotReadyError, match=r"no model is serving yet: MLflow at .* answered 503"):
        watched.serving.current()
    watched.register(version_of("1"))
    await watched.until(lambda: watched.serving.batcher is not None and watched.serving.last_error is None)
    assert await watched.answer() == pytest.approx(111)
    assert watched.metric("inference_model_reload_failing ") == "0.0"


def break_description(place: Path) -> None:
    """Truncate the description."""
    (place / DESCRIPTION).write_text("{")


def break_dtype(place: Path) -> None:
    """Write a column with a dtype that does not exist."""
    write_columns(place, (Column("feature1", "integer", "int3"),))


def write_columns(place: Path, columns: tuple[Column, ...]) -> None:
    """Replace the columns of a description."""
    bundle = Bundle.read(place)
    write = Bundle(**{**{name: getattr(bundle, name) for name in Bundle.__slots__}, "columns": columns})
    write.write(place)


@pytest.mark.parametrize("damage", [break_description, break_dtype])
async def test_unusable_last_good_version(damage: Callable[[Path], None], watched: Watched) -> None:
    """With a broken last good version polling goes on, and the registry's version serves."""
    watched.register(version_of("1"))
    await watched.watcher.refresh()
    damage(watched.cache.folder_of(version_of("1")))
    watched.register(version_of("2"))
    after = Watched(watched.registry, watched.settings.model_cache_dir)
    await after.until(lambda: after.serving.batcher is not None)
    assert await after.answer() == pytest.approx(222)


async def test_unexpected_error_does_not_end_polling(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error is logged with its traceback and shown in one sentence; polling goes on."""
    watched.register(version_of("1"))
    with monkeypatch.context() as patch:
        patch.setattr(ModelCache, "find", lambda *_: 1 // 0)
        await watched.until(lambda: watched.serving.last_error is not None)
    assert watched.serving.last_error is not None
    assert watched.serving.last_error.detail == "unexpected ZeroDivisionError while loading the model"
    assert "Traceback" in caplog.text
    await watched.until(lambda: watched.serving.batcher is not None)


async def test_same_reason_is_logged_once(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """A registry that is down for hours causes one log line, not one per poll."""
    watched.registry.status = 503
    with caplog.at_level(logging.WARNING):
        await watched.until(lambda: len(watched.registry.requests) > 3)
    assert [record.message for record in caplog.records].count("cannot follow the alias") == 1
