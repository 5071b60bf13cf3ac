"""Following the challenger's alias and tags, with processes that do what the test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from service_process import free_port

from src.errors import ModelError, ModelRefusedError, RegistryError
from src.service.challenger import shadow
from src.service.challenger.frames import Loaded
from src.service.challenger.process import WorkerProcess
from src.service.challenger.status import ChallengerStatus
from src.service.lifecycle import challenger_watcher as module
from src.service.lifecycle.challenger_watcher import ChallengerWatcher, UnlikeChampionError
from src.service.lifecycle.serving_state import ServingState
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import Outcome
from src.service.registry.bundle import Check
from src.service.registry.cache import ModelCache
from src.service.registry.client import ModelVersion
from src.service.schema.column import Column
from src.service.schema.validator import Row
from src.settings import Settings
from tests.unit.inference_api.doubles import (
    EXAMPLE,
    StubRegistry,
    eventually,
    model_of,
    regression,
    version_of,
    write_bundle,
)

ROW = (1.0, 1.0, 1.0)


class ProcessInMemory:
    """A process of a challenger that answers 111 for each row."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        """Run."""
        self.loaded = Loaded(None, "direct", 0.0)
        self.ended: ModelError | None = None
        self.closed = False
        self._on_end = on_end

    async def predict_measured(self, rows: Sequence[Row]) -> tuple[list[Outcome], float]:
        """111 for each."""
        return [111.0] * len(rows), 0.0

    async def predict(self, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
        """111 for each."""
        del probabilities
        return [111.0] * len(rows)

    def is_idle(self) -> bool:
        """Always."""
        return True

    def end(self) -> None:
        """End as by a kill."""
        self.ended = ModelError("it was killed")
        self._on_end()

    async def close(self) -> None:
        """End."""
        self.closed = True


class Starts:
    """Starts processes in memory in place of real ones.

    Attributes:
        processes: Those that were started.
        error: What the next starts raise instead.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self.processes: list[ProcessInMemory] = []
        self.error: Exception | None = None

    async def start(self, _folder: Path, *, on_end: Callable[[], None], **_options: Any) -> ProcessInMemory:
        """Start one."""
        if self.error is not None:
            raise self.error
        self.processes.append(ProcessInMemory(on_end))
        return self.processes[-1]


class Beside:
    """A champion, and a watcher of the challenger beside it."""

    def __init__(self, registry: StubRegistry, folder: Path, **settings: Any) -> None:
        """Create them."""
        values: dict[str, Any] = {"mlflow_tracking_uri": registry.url, "model_cache_dir": folder, **settings}
        self.settings = Settings(**{"model_poll_seconds": 1e6, **values})
        self.registry = registry
        self.metrics = Metrics()
        self.serving = ServingState()
        self.cache = ModelCache(folder, self.settings.registered_model_name, "challenger")
        self.watcher = ChallengerWatcher(self.settings, self.serving, self.metrics)
        self.champion("1")

    def champion(self, version: str, **values: Any) -> None:
        """Let a champion serve, as its watcher does."""
        fixed: dict[str, Any] = {"source": f"models:/m-{version}", "checks": (Check(EXAMPLE, 1.5),)}
        model = model_of(regression(), version=version, **{**fixed, **values})
        self.serving.batcher = MicroBatcher(model, self.metrics, 100)
        self.serving.detach_challenger()

    def register(self, version: ModelVersion, champion: str = "1", **tags: str) -> None:
        """Have a version in the cache, and point the challenger's alias at it."""
        if not self.cache.folder_of(version).exists():
            workspace = self.cache.workspace()
            write_bundle(workspace, regression(), version.version)
            self.cache.keep(workspace, version)
        self.registry.challenge_with(version, champion, **tags)

    def status(self) -> ChallengerStatus:
        """The state that `/model` shows."""
        assert self.serving.challenger_status is not None
        return self.serving.challenger_status

    def metric(self, sample: str) -> str:
        """The value of a sample."""
        lines = self.metrics.text().decode().splitlines()
        return next((line.split()[-1] for line in lines if line.startswith(sample)), "none")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    """Processes in memory."""
    double = Starts()
    monkeypatch.setattr(WorkerProcess, "start", double.start)
    monkeypatch.setattr(shadow, "REST_SECONDS", 0.0)
    return double


@pytest.fixture
async def beside(registry: StubRegistry, tmp_path: Path, starts: Starts) -> AsyncIterator[Beside]:
    """A champion without a challenger."""
    del starts
    registry.challenge_with(None)
    beside = Beside(registry, tmp_path)
    yield beside
    await beside.watcher._stop()


async def test_no_challenger(beside: Beside, starts: Starts) -> None:
    """Without the alias there is no process, no observer and no status."""
    await beside.watcher.refresh()
    assert starts.processes == []
    assert (beside.serving.challenger, beside.serving.challenger_status) == (None, None)
    assert beside.serving.current().observers == ()


async def test_challenger_without_traffic(beside: Beside) -> None:
    """A challenger is loaded without tags already; nothing is sent to it."""
    beside.register(version_of("2"))
    await beside.watcher.refresh()
    assert (beside.status().version, beside.status().state, beside.status().path) == ("2", "serving", "direct")
    assert beside.serving.challenger is not None
    assert beside.serving.challenger.traffic.canary_percent == 0
    assert beside.serving.current().observers == ()
    assert beside.cache.last_good() == beside.cache.folder_of(version_of("2"))
    assert beside.metric('inference_model_info{alias="challenger"') == "1.0"


async def test_tags_change_the_traffic(beside: Beside, starts: Starts) -> None:
    """Tags are followed without a new process; what was compared is kept while the shadow pauses."""
    beside.register(version_of("2"), shadow_percent="100", canary_percent="5")
    await beside.watcher.refresh()
    challenger = beside.serving.challenger
    assert challenger is not None
    assert challenger.traffic.canary_percent == 5
    await beside.serving.current().predict([ROW])
    observed = beside.status().agreement
    assert observed is not None
    await eventually(lambda: observed.rows == 1)
    beside.register(version_of("2"), shadow_percent="0", canary_percent="wrong")
    await beside.watcher.refresh()
    assert beside.serving.challenger is challenger
    assert (challenger.traffic.shadow_percent, challenger.traffic.canary_percent) == (0, 5)
    assert beside.serving.current().observers == ()
    assert beside.metric('inference_challenger_problem{reason="traffic"}') == "1.0"
    beside.register(version_of("2"), shadow_percent="50")
    await beside.watcher.refresh()
    agreement = beside.status().agreement
    assert agreement is observed
    assert (agreement.rows, agreement.agreeing) == (1, 1)
    assert len(beside.serving.current().observers) == 1
    assert beside.metric('inference_challenger_percent{kind="shadow"}') == "50.0"
    assert len(starts.processes) == 1


async def test_alias_is_deleted(beside: Beside, starts: Starts) -> None:
    """One poll after its alias is gone, the process has ended and its version may leave the cache."""
    beside.register(version_of("2"), shadow_percent="100")
    await beside.watcher.refresh()
    beside.registry.challenge_with(None, shadow_percent="100")
    await beside.watcher.refresh()
    assert starts.processes[0].closed
    assert (beside.serving.challenger, beside.serving.shadow, beside.serving.challenger_status) == (None, None, None)
    assert beside.cache.last_good() is None
    assert beside.metric('inference_challenger_percent{kind="shadow"}') == "0.0"


async def test_alias_at_the_champion(beside: Beside, starts: Starts) -> None:
    """A version that serves is no challenger; when another champion comes back, it is one again."""
    beside.register(version_of("2"))
    await beside.watcher.refresh()
    beside.champion("2")
    await beside.watcher.refresh()
    assert starts.processes[0].closed
    assert beside.serving.challenger_status is None
    beside.champion("1")
    await beside.watcher.refresh()
    assert beside.status().state == "serving"
    assert len(starts.processes) == 2


async def test_promotion(beside: Beside, starts: Starts) -> None:
    """From the move of the champion's alias to the swap, the challenger keeps its traffic, even without its alias."""
    beside.register(version_of("2"), canary_percent="10")
    await beside.watcher.refresh()
    challenger = beside.serving.challenger
    assert challenger is not None
    beside.registry.challenge_with(None, champion="2", canary_percent="0")
    beside.registry.point_at(version_of("2"), "champion")
    await beside.watcher.refresh()
    assert beside.serving.challenger is challenger
    assert challenger.traffic.canary_percent == 10
    beside.champion("2")
    await beside.watcher.refresh()
    assert beside.serving.challenger_status is None
    assert starts.processes[0].closed
    beside.register(version_of("1"), champion="2")
    await beside.watcher.refresh()
    assert (beside.status().version, beside.status().state) == ("1", "serving")


async def test_same_number_of_another_registry_is_no_promotion(beside: Beside, starts: Starts) -> None:
    """When the champion's alias points at another version with the number of the challenger, that one ends."""
    beside.register(version_of("2"))
    await beside.watcher.refresh()
    beside.registry.challenge_with(None, champion="2")
    beside.registry.point_at(version_of("2", source="models:/m-new"), "champion")
    await beside.watcher.refresh()
    assert starts.processes[0].closed
    assert beside.serving.challenger_status is None


async def test_another_version(beside: Beside, starts: Starts) -> None:
    """When the alias moves, the old process ends and the new version starts."""
    beside.register(version_of("2"))
    await beside.watcher.refresh()
    beside.register(version_of("3"))
    await beside.watcher.refresh()
    assert [process.closed for process in starts.processes] == [True, False]
    assert beside.status().version == "3"


async def test_mlflow_is_down(beside: Beside, starts: Starts) -> None:
    """While MLflow does not answer the challenger goes on, also beside another champion; it restarts from the cache."""
    beside.register(version_of("2"), canary_percent="5")
    await beside.watcher.refresh()
    beside.registry.status, beside.registry.model_body = 500, b"no database"
    beside.champion("3")
    assert beside.serving.challenger is None
    with pytest.raises(RegistryError, match="no database"):
        await beside.watcher.refresh()
    assert beside.serving.challenger is not None
    assert beside.serving.challenger.traffic.canary_percent == 5
    assert len(starts.processes) == 1


async def test_start_without_mlflow(registry: StubRegistry, tmp_path: Path, starts: Starts) -> None:
    """A start without MLflow has no challenger: nobody says what it would get."""
    before = Beside(registry, tmp_path)
    before.register(version_of("2"), canary_percent="5")
    await before.watcher.refresh()
    await before.watcher._stop()
    after = Beside(registry, tmp_path, mlflow_tracking_uri=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RegistryError):
        await after.watcher.refresh()
    assert after.serving.challenger_status is None
    assert len(starts.processes) == 1


async def test_nothing_before_the_champion(registry: StubRegistry, tmp_path: Path, starts: Starts) -> None:
    """Without a champion the registry is not asked."""
    beside = Beside(registry, tmp_path)
    beside.register(version_of("2"))
    beside.serving.batcher = None
    await beside.watcher.refresh()
    assert (registry.requests, starts.processes) == ([], [])


async def test_another_signature(beside: Beside, starts: Starts) -> None:
    """A version unlike the champion is refused without a process, and taken when a champion like it serves."""
    beside.register(version_of("2"), shadow_percent="100")
    columns = (Column("other", "number", "float64"),)
    beside.champion("3", columns=columns)
    with pytest.raises(UnlikeChampionError, match="it has no column 'other', which the champion has"):
        await beside.watcher.refresh()
    assert (beside.status().state, starts.processes) == ("refused", [])
    assert beside.metric('inference_challenger_problem{reason="refused"}') == "1.0"
    beside.champion("1")
    await beside.watcher.refresh()
    assert beside.status().state == "serving"
    assert beside.metric('inference_challenger_problem{reason="refused"}') == "0.0"
    beside.champion("3", columns=columns)
    with pytest.raises(UnlikeChampionError):
        await beside.watcher.refresh()
    assert starts.processes[0].closed
    assert (beside.serving.challenger, beside.serving.current().observers) == (None, ())


async def test_champion_that_comes_while_it_is_loaded(
    beside: Beside, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A champion with another signature, which came during the load, gets no challenger."""
    beside.register(version_of("2"))

    async def start(folder: Path, **options: Any) -> ProcessInMemory:
        beside.champion("3", columns=(Column("other", "number", "float64"),))
        return await starts.start(folder, **options)

    monkeypatch.setattr(WorkerProcess, "start", start)
    with pytest.raises(UnlikeChampionError):
        await beside.watcher.refresh()
    assert beside.serving.challenger is None
    assert starts.processes[0].closed


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ModelRefusedError("it is a pickle"), "refused", "refused"),
        (ModelError("there is no memory"), "failing", "load"),
        (RuntimeError("a bug"), "failing", "load"),
    ],
)
async def test_version_that_cannot_be_loaded(
    beside: Beside, starts: Starts, error: Exception, state: str, reason: str
) -> None:
    """The reason is told, and the version is not tried again at every poll."""
    beside.register(version_of("2"))
    starts.error = error
    with pytest.raises(type(error)):
        await beside.watcher.refresh()
    starts.error = None
    with pytest.raises(ModelError):
        await beside.watcher.refresh()
    assert (beside.status().state, starts.processes) == (state, [])
    assert beside.status().reason
    assert beside.metric(f'inference_challenger_problem{{reason="{reason}"}}') == "1.0"
    beside.watcher._backoff.reset()
    await beside.watcher.refresh()
    assert beside.status().state == "serving"


async def test_process_that_ends(beside: Beside, starts: Starts) -> None:
    """When its process ends, the challenger is asked no more at once, and is started again after a pause."""
    beside.register(version_of("2"), shadow_percent="100")
    await beside.watcher.refresh()
    beside.serving.challenger_due.clear()
    starts.processes[0].end()
    assert (beside.serving.challenger, beside.serving.current().observers) == (None, ())
    assert beside.serving.challenger_due.is_set()
    for _ in range(2):
        with pytest.raises(ModelError, match="it was killed"):
            await beside.watcher.refresh()
        assert (beside.status().state, beside.status().reason) == ("failing", "it was killed")
    assert len(starts.processes) == 1
    beside.watcher._backoff.reset()
    await beside.watcher.refresh()
    assert beside.status().state == "serving"
    assert len(starts.processes) == 2


async def test_pauses_of_a_process_that_ends_again_and_again(
    beside: Beside, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They grow although each load succeeds, up to that of a refused version; one that ran for long starts anew."""
    beside.register(version_of("2"))
    pauses = []
    monkeypatch.setattr(beside.watcher._backoff, "check", lambda _folder: None)
    for stable in (1e9, 1e9, 1e9, -1.0):
        monkeypatch.setattr(module, "STABLE_SECONDS", stable)
        await beside.watcher.refresh()
        starts.processes[-1].end()
        beside.watcher._backoff._first_pause = 10.0
        await beside.watcher._note_end(beside.cache.folder_of(version_of("2")), ModelError("it was killed"))
        assert beside.watcher._backoff._last is not None
        pauses.append(beside.watcher._backoff._last.pause)
    assert pauses == [10.0, 20.0, 40.0, 10.0]


async def test_run(registry: StubRegistry, tmp_path: Path, starts: Starts) -> None:
    """It polls, looks at once when it is due, goes on after errors, and ends its process when it is cancelled."""
    beside = Beside(registry, tmp_path)
    registry.status = 500
    beside.serving.challenger_due.clear()
    task = asyncio.create_task(beside.watcher.run())
    await eventually(lambda: beside.watcher._logged != "")
    registry.status = 200
    beside.register(version_of("2"))
    beside.champion("3")
    await eventually(lambda: beside.serving.challenger is not None)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert starts.processes[0].closed


async def test_no_alias_in_the_settings(registry: StubRegistry, tmp_path: Path) -> None:
    """An empty CHALLENGER_ALIAS follows nothing."""
    beside = Beside(registry, tmp_path, challenger_alias="")
    await beside.watcher.run()
    assert registry.requests == []
