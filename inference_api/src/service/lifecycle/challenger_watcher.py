"""Follows the challenger's alias and its tags: loads its version beside the champion, and ends it. It harms nobody."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from src.errors import ApiError, ModelError, ModelRefusedError
from src.service.challenger.challenger import Challenger
from src.service.challenger.comparability import difference
from src.service.challenger.process import WorkerProcess
from src.service.challenger.shadow import Shadow
from src.service.challenger.status import ChallengerStatus, State
from src.service.challenger.traffic import Traffic
from src.service.lifecycle.retry_backoff import MAX_PAUSE_SECONDS, RetryBackoff
from src.service.lifecycle.serving_state import ServingState
from src.service.lifecycle.version_source import VersionSource
from src.service.metrics.metrics import Metrics
from src.service.registry.bundle import Bundle
from src.service.registry.cache import ModelCache
from src.service.registry.client import ModelVersion, RegisteredModel, RegistryClient
from src.settings import Settings

logger = logging.getLogger(__name__)

_ROLE: Final = "challenger"
_PROBLEMS: Final = {"refused": "refused", "failing": "load"}
"""The reason of the metric for each state that is one."""
STABLE_SECONDS: Final = 60.0
"""A process that has run for so long and ends is started again after the shortest pause."""


class UnlikeChampionError(ModelRefusedError):
    """The version does not take the champion's rows, or answers with another kind of values."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the registry says: the version, and its traffic."""

    version: ModelVersion
    traffic: Traffic


class ChallengerWatcher:
    """Follows one alias until it is cancelled; its process ends with it."""

    def __init__(self, settings: Settings, serving: ServingState, metrics: Metrics) -> None:
        """Create the registry client and the cache.

        Args:
            settings: The service's settings; without an alias for a challenger nothing is followed.
            serving: The state that requests read.
            metrics: Gets the challenger's state.
        """
        self._settings = settings
        self._serving = serving
        self._metrics = metrics.challenger
        self._info = metrics
        self._registry = RegistryClient(settings, settings.challenger_alias)
        self._champion_registry = RegistryClient(settings)
        self._cache = ModelCache(settings.model_cache_dir, settings.registered_model_name, settings.challenger_alias)
        self._source = VersionSource(settings, self._cache)
        self._backoff = RetryBackoff(settings.model_poll_seconds)
        self._traffic = Traffic()
        self._wanted: _Wanted | None = None
        self._folder: Path | None = None
        self._bundle: Bundle | None = None
        self._process: WorkerProcess | None = None
        self._started = 0.0
        self._marked = True  # by an earlier process, perhaps
        self._shadow: Shadow | None = None
        self._shadow_task: asyncio.Task[None] | None = None
        self._logged = ""

    async def run(self) -> None:
        """Follow the alias until cancelled."""
        if not self._settings.challenger_alias:
            return
        try:
            while True:
                await self._look()
                pause = self._settings.model_poll_seconds * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._serving.challenger_due.wait()
                self._serving.challenger_due.clear()
        finally:
            await self._stop()

    async def refresh(self) -> None:
        """Poll once, and do what the registry says. While it does not answer, what it said last holds.

        Raises:
            ApiError: When the registry does not answer, or its version cannot serve beside the champion.
        """
        if self._serving.batcher is None:
            return
        try:
            await self._ask_registry()
        finally:
            await self._follow()

    async def _look(self) -> None:
        try:
            await self.refresh()
            self._logged = ""
        except ApiError as error:
            if self._logged != error.detail:
                logger.warning("cannot follow the challenger's alias", extra={"reason": error.detail})
            self._logged = error.detail
        except Exception as error:  # one failed poll must not end the loop
            if self._logged != repr(error):
                logger.exception("the look at the challenger failed")
            self._logged = repr(error)

    async def _ask_registry(self) -> None:
        model = await self._registry.model()
        self._traffic = self._traffic.after(model.tags)
        if await self._is_promoted(model):
            return
        if self._settings.challenger_alias in model.aliases:
            self._wanted = _Wanted(await self._registry.resolve(), self._traffic)
        else:
            self._wanted = None

    async def _is_promoted(self, model: RegisteredModel) -> bool:
        """Whether the champion's alias points at the challenger's version by now, which does not serve yet.

        The challenger keeps its traffic until its version serves: its clients would get the old one for a moment.
        """
        wanted = self._wanted
        if wanted is None or _is_bundle_of(wanted.version, self._champion()):
            return False
        if model.aliases.get(self._settings.model_alias) != wanted.version.version:
            return False
        return await self._champion_registry.resolve() == wanted.version

    async def _follow(self) -> None:
        wanted = self._wanted
        if wanted is None or _is_bundle_of(wanted.version, self._champion()):
            await self._forget()
            return
        folder = self._cache.folder_of(wanted.version)
        if folder != self._folder:
            await self._stop()
            self._folder, self._bundle = folder, None
        try:
            await self._load(wanted.version, folder)
        except Exception as error:
            shown = _shown(error)
            self._tell("refused" if isinstance(shown, ModelRefusedError) else "failing", shown.detail)
            raise
        self._attach(wanted.traffic)

    async def _load(self, version: ModelVersion, folder: Path) -> None:
        """Have a process with the version, which fits the champion.

        Raises:
            ApiError: When there is none, now or for this version.
        """
        if self._process is not None and self._process.ended is not None:
            await self._note_end(folder, self._process.ended)
        if self._bundle is not None:
            await self._check_fit(self._bundle)
        if self._process is not None:
            return
        self._backoff.check(folder)
        self._tell("loading")
        try:
            self._bundle = self._bundle or await self._source.bundle(version)
            await self._check_fit(self._bundle)
            self._process = await WorkerProcess.start(
                self._cache.actual_folder(folder),
                allow_pickle=self._settings.allow_pickle,
                log_level=self._settings.log_level,
                limit_seconds=self._settings.model_fetch_seconds,
                on_end=self._serving.detach_challenger,
            )
        except UnlikeChampionError:
            raise  # to look again costs nothing
        except Exception as error:
            self._bundle = None
            self._backoff.failed(folder, _shown(error))
            raise
        self._started = asyncio.get_running_loop().time()
        self._marked = True
        await asyncio.to_thread(self._cache.mark_good, version)
        await self._check_fit(self._bundle)  # another champion may serve by now

    async def _check_fit(self, bundle: Bundle) -> None:
        """Check that the version takes the champion's rows; end its process otherwise.

        Raises:
            UnlikeChampionError: With the difference.
        """
        if reason := difference(self._champion(), bundle):
            await self._stop()
            raise UnlikeChampionError(f"the challenger is not like the champion: {reason}")

    async def _note_end(self, folder: Path, reason: ModelError) -> None:
        if asyncio.get_running_loop().time() - self._started > STABLE_SECONDS:
            self._backoff.reset()
        self._backoff.failed(folder, reason, MAX_PAUSE_SECONDS)
        await self._stop()
        self._bundle = None  # it is read again, because its files may have been removed from the cache

    def _attach(self, traffic: Traffic) -> None:
        """Give the challenger its traffic. From the check of its fit to here nothing is awaited."""
        process, bundle = self._process, self._bundle
        if process is None or bundle is None or process.ended is not None:
            return  # it has ended since, and the next look is due
        challenger = self._serving.challenger
        if challenger is None:
            self._end_shadow()  # its rows were of another champion
            seconds = self._serving.current().model.seconds_per_call
            challenger = Challenger(bundle.version, process.loaded.class_names, traffic, process, seconds)
            self._serving.challenger = challenger
            self._info.serving(bundle.name, bundle.version, self._settings.challenger_alias, _ROLE)
            logger.info("the challenger is asked", extra={"model": bundle.name, "version": bundle.version})
        challenger.traffic = traffic
        self._set_shadow(process, bundle.version, traffic.shadow_percent)
        self._metrics.percent(traffic.shadow_percent, traffic.canary_percent)
        problem = challenger.problem()
        self._tell("failing" if problem else "serving", problem or "", process.loaded.path)

    def _set_shadow(self, process: WorkerProcess, version: str, percent: float) -> None:
        if self._shadow is None and percent:
            self._shadow = Shadow(version, process, self._metrics, percent)
            self._shadow_task = asyncio.get_running_loop().create_task(self._shadow.run())
        if self._shadow is not None and percent:
            self._shadow.set_percent(percent)
        # Without a percentage it keeps what it has compared, and observes nothing.
        self._serving.shadow = self._shadow if percent else None
        self._serving.attach_observers()

    def _tell(self, state: State, reason: str = "", path: str = "") -> None:
        if self._wanted is None:
            return
        before, traffic = self._serving.challenger_status, self._wanted.traffic
        now = ChallengerStatus(self._wanted.version.version, state, traffic, reason, path)
        now.agreement = self._shadow.agreement if self._shadow is not None else None
        if before is not None and (before.version, before.state) == (now.version, now.state):
            now.since = before.since
        self._serving.challenger_status = now
        self._metrics.problem(_PROBLEMS.get(state), traffic=bool(traffic.problems))

    async def _forget(self) -> None:
        """There is no challenger."""
        if self._folder is not None:
            await self._stop()
            logger.info("there is no challenger any more")
        if self._marked:
            await asyncio.to_thread(self._cache.forget)
            self._marked = False
        self._folder = self._bundle = self._serving.challenger_status = None
        self._backoff.reset()
        self._metrics.problem(None)

    async def _stop(self) -> None:
        """Ask the challenger no more, and end its process."""
        self._serving.challenger = self._serving.shadow = None
        self._serving.attach_observers()
        self._end_shadow()
        self._metrics.percent(0.0, 0.0)
        self._info.not_serving(_ROLE)
        process, self._process = self._process, None
        if process is not None:
            await process.close()

    def _end_shadow(self) -> None:
        if self._shadow_task is not None:
            self._shadow_task.cancel()
        self._shadow = self._shadow_task = None

    def _champion(self) -> Bundle:
        return self._serving.current().model.bundle


def _is_bundle_of(version: ModelVersion, bundle: Bundle) -> bool:
    """Whether a version is the one that this bundle is of."""
    return (version.version, version.run_id, version.source) == (bundle.version, bundle.run_id, bundle.source)


def _shown(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    return ModelError(f"unexpected {type(error).__name__} while loading the challenger")
