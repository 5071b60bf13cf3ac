"""Keeps the alias's version serving: looks, fetches, verifies, swaps; a failure keeps what serves and says why."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from src.errors import ApiError, ModelError, ModelRefusedError, NotReadyError
from src.service.batching import MicroBatcher
from src.service.bundle import MODEL_FOLDER, Bundle
from src.service.cache import ModelCache
from src.service.fetcher import FetchRequest, run_fetch
from src.service.loading import load_estimator
from src.service.metrics import Metrics
from src.service.model import LoadedModel
from src.service.registry import ModelVersion, Registry
from src.service.schema import Schema
from src.service.verification import verified
from src.settings import Settings

logger = logging.getLogger(__name__)

_FIRST_POLL_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class ReloadError:
    """Why the last attempt to follow the alias failed.

    Attributes:
        detail: The reason.
        kind: The error's kind.
        at: When, UTC.
    """

    detail: str
    kind: str
    at: datetime


@dataclass(slots=True)
class Serving:
    """What serves at the moment.

    Attributes:
        batcher: The current model's batcher, or None before the first.
        last_error: Why the last look at the registry failed; None after a good one.
    """

    batcher: MicroBatcher | None = None
    last_error: ReloadError | None = None

    def current(self) -> MicroBatcher:
        """The current model's batcher.

        Raises:
            NotReadyError: When no model serves yet; tells why.
        """
        if self.batcher is None:
            reason = self.last_error.detail if self.last_error else "the model is being loaded"
            raise NotReadyError(f"no model is serving yet: {reason}")
        return self.batcher


@dataclass(slots=True)
class _Refusal:
    """A version that failed, and when to try it again."""

    place: Path
    error: ApiError
    pause: float
    retry_at: float = field(default=0.0)


class ModelWatcher:
    """Follows one alias for the life of the process."""

    def __init__(self, settings: Settings, serving: Serving, metrics: Metrics) -> None:
        """Connect the parts.

        Args:
            settings: The service's settings.
            serving: State that requests read.
            metrics: Where attempts are counted.
        """
        self._settings = settings
        self._serving = serving
        self._metrics = metrics
        self._registry = Registry(settings)
        self._cache = ModelCache(settings.model_cache_dir, settings.registered_model_name, settings.model_alias)
        self._place: Path | None = None
        self._refusal: _Refusal | None = None

    async def run(self) -> None:
        """Serve the last good version at once, then follow the alias until cancelled."""
        await self._start_from_cache()
        while True:
            try:
                await self.refresh()
                self._serving.last_error = None
            except ApiError as error:
                self._note(error)
            except Exception as error:  # a fault of one look must not end the watch
                logger.exception("the look at the registry failed")
                self._note(ModelError(f"unexpected {type(error).__name__} while loading the model"))
            self._metrics.reload_failing(failing=self._serving.last_error is not None)
            pause = self._settings.model_poll_seconds
            if self._serving.batcher is None:
                pause = min(pause, _FIRST_POLL_SECONDS)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter between replicas, not a secret

    async def refresh(self) -> None:
        """Look once; load and swap when the alias points elsewhere.

        Raises:
            ApiError: When the registry does not answer, or its version cannot be served.
        """
        version = await self._registry.resolve()
        place = self._cache.place(version)
        if place == self._place:
            self._refusal = None
            return
        self._respect_refusal(place)
        try:
            bundle = await asyncio.to_thread(self._cache.find, version) or await self._fetch(version)
            await self._swap(bundle, place)
        except ApiError as error:
            self._metrics.reload("failure")
            self._remember_refusal(place, error)
            raise
        self._metrics.reload("success")
        self._refusal = None
        await asyncio.to_thread(self._cache.mark_good, version)

    async def _start_from_cache(self) -> None:
        place = self._cache.last_good()
        if place is None:
            return
        try:
            await self._swap(await asyncio.to_thread(Bundle.read, place), place)
        except ApiError as error:
            self._note(error)
        except Exception as error:  # the registry may still have a version that loads
            logger.exception("the cached model cannot be loaded")
            self._note(ModelError(f"unexpected {type(error).__name__} while loading the cached model"))

    async def _fetch(self, version: ModelVersion) -> Bundle:
        workspace = self._cache.workspace()
        logger.info("fetching the model", extra={"model": version.name, "version": version.version})
        try:
            request = FetchRequest(
                tracking_uri=self._settings.mlflow_tracking_uri,
                name=version.name,
                version=version.version,
                run_id=version.run_id,
                source=version.source,
                content_sha256=version.content_sha256,
                allow_pickle=self._settings.allow_pickle,
                destination=str(workspace),
            )
            bundle = await run_fetch(request, self._settings.model_fetch_seconds)
            self._cache.keep(workspace, version)
        finally:
            self._cache.discard(workspace)
        return bundle

    async def _swap(self, bundle: Bundle, place: Path) -> None:
        model = await asyncio.to_thread(load_model, bundle, place, allow_pickle=self._settings.allow_pickle)
        # One assignment: a request sees either the old model or the new one, whole.
        self._serving.batcher = MicroBatcher(model, self._metrics, self._settings.max_queue_rows)
        self._serving.last_error = None  # of an earlier version, or an earlier look
        self._place = place
        self._metrics.serving(bundle.name, bundle.version, self._settings.model_alias)
        logger.info(
            "the model serves",
            extra={
                "model": bundle.name,
                "version": bundle.version,
                "path": model.encoder.path,
                "notes": model.warnings,
            },
        )
        settle_memory()

    def _respect_refusal(self, place: Path) -> None:
        refusal = self._refusal
        if refusal and refusal.place == place and asyncio.get_running_loop().time() < refusal.retry_at:
            raise refusal.error

    def _remember_refusal(self, place: Path, error: ApiError) -> None:
        """A refused version is fetched again at longer and longer pauses, a failed one at every look."""
        if not isinstance(error, ModelRefusedError):
            return
        again = self._refusal is not None and self._refusal.place == place
        pause = self._settings.model_poll_seconds
        if again and self._refusal is not None:
            pause = min(self._refusal.pause * 2, _LONGEST_PAUSE_SECONDS)
        self._refusal = _Refusal(place, error, pause, asyncio.get_running_loop().time() + pause)

    def _note(self, error: ApiError) -> None:
        known = self._serving.last_error
        if known is None or known.detail != error.detail:
            logger.warning("cannot follow the alias", extra={"reason": error.detail, "kind": error.kind})
        self._serving.last_error = ReloadError(error.detail, error.kind, datetime.now(UTC))


def load_model(bundle: Bundle, place: Path, *, allow_pickle: bool) -> LoadedModel:
    """Load a bundle's estimator, prove that it answers as MLflow does, and warm it up.

    Raises:
        ModelRefusedError: When it cannot be loaded safely or answers differently.
    """
    path = place / MODEL_FOLDER / bundle.model_file
    estimator = load_estimator(path, bundle.serialization_format, allow_pickle=allow_pickle)
    schema = Schema(bundle.columns, bundle.example)
    way = verified(bundle, schema, estimator)
    return LoadedModel(
        bundle=bundle,
        schema=schema,
        estimator=estimator,
        encoder=way.encoder,
        seconds_per_call=way.seconds_per_call,
        loaded_at=datetime.now(UTC),
        warnings=_warnings(bundle),
        computation=way.computation,
        path_reason=way.reason,
    )


def settle_memory() -> None:
    """Take what now lives for long out of the garbage collector's sight: its pauses are the p99 of a small service."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _warnings(bundle: Bundle) -> tuple[str, ...]:
    import sklearn  # noqa: PLC0415 - loaded with the first model, not before

    notes = []
    if bundle.sklearn_version and bundle.sklearn_version != sklearn.__version__:
        notes.append(f"saved with scikit-learn {bundle.sklearn_version}, served with {sklearn.__version__}")
    if not bundle.checks:
        notes.append("no verification row: mlflow.pyfunc gave no repeatable finite answer for any")
    if not bundle.digest_verified:
        notes.append("the registry holds no digest (tag content_sha256) of this version")
    return tuple(notes)
