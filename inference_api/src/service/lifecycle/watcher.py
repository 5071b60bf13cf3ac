"""Polls the alias, then fetches, verifies and swaps its version. After a failure the current model keeps serving."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from src.errors import ApiError, ModelError
from src.service.drift.monitor import DriftMonitor
from src.service.drift.sliding_counts import WindowSize
from src.service.lifecycle.gc_tuning import freeze_gc
from src.service.lifecycle.load_model import load_model
from src.service.lifecycle.retry_backoff import RetryBackoff
from src.service.lifecycle.serving_state import ReloadError, ServingState
from src.service.lifecycle.version_source import VersionSource
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import Bundle
from src.service.registry.cache import ModelCache
from src.service.registry.client import RegistryClient
from src.settings import Settings

logger = logging.getLogger(__name__)

_FIRST_POLL_SECONDS: Final = 1.0


class ModelWatcher:
    """Follows one alias until it is cancelled."""

    def __init__(self, settings: Settings, serving: ServingState, metrics: Metrics) -> None:
        """Create the registry client and the cache.

        Args:
            settings: The service's settings.
            serving: The state that requests read.
            metrics: Counts the attempts.
        """
        self._settings = settings
        self._serving = serving
        self._metrics = metrics
        self._registry = RegistryClient(settings)
        self._cache = ModelCache(
            settings.model_cache_dir, settings.registered_model_name, settings.model_alias, serving.note_cache_problem
        )
        self._source = VersionSource(settings, self._cache)
        self._folder: Path | None = None
        self._backoff = RetryBackoff(settings.model_poll_seconds)

    async def run(self) -> None:
        """Serve the last good version at once, then follow the alias until cancelled."""
        await self._start_from_cache()
        while True:
            try:
                await self.refresh()
                self._forget_error()
            except ApiError as error:
                self._note(error)
            except Exception as error:  # one failed poll must not end the loop
                logger.exception("the look at the registry failed")
                self._note(_unexpected(error))
            pause = self._settings.model_poll_seconds
            if self._serving.batcher is None:
                pause = min(pause, _FIRST_POLL_SECONDS)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter between replicas, not a secret

    async def refresh(self) -> None:
        """Poll once; load and swap when the alias points at another version.

        Raises:
            ApiError: When the registry does not answer, or its version cannot be served.
        """
        version = await self._registry.resolve()
        folder = self._cache.folder_of(version)
        if folder == self._folder:
            self._backoff.reset()
            return
        self._backoff.check(folder)
        try:
            bundle = await self._source.bundle(version)
            await self._swap(bundle, folder)
        except Exception as error:
            self._metrics.reload("failure")
            self._backoff.failed(folder, error if isinstance(error, ApiError) else _unexpected(error))
            raise
        self._metrics.reload("success")
        self._backoff.reset()
        await asyncio.to_thread(self._cache.mark_good, version)

    async def _start_from_cache(self) -> None:
        await asyncio.to_thread(self._cache.check)
        folder = self._cache.last_good()
        if folder is None:
            return
        try:
            await self._swap(await asyncio.to_thread(Bundle.read, folder), folder)
        except ApiError as error:
            self._note(error)
        except Exception as error:  # the registry may still have a version that loads
            logger.exception("the cached model cannot be loaded")
            self._note(ModelError(f"unexpected {type(error).__name__} while loading the cached model"))

    async def _swap(self, bundle: Bundle, folder: Path) -> None:
        model = await asyncio.to_thread(
            load_model, bundle, self._cache.actual_folder(folder), allow_pickle=self._settings.allow_pickle
        )
        # A single assignment: a request uses either the old model or the new one.
        self._serving.batcher = MicroBatcher(model, self._metrics, self._settings.max_queue_rows)
        self._serving.drift = self._drift_monitor(model)
        self._serving.detach_challenger()  # its watcher compares it with the new model first
        self._forget_error()
        self._folder = folder
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
        freeze_gc()

    def _drift_monitor(self, model: LoadedModel) -> DriftMonitor | None:
        size = WindowSize(self._settings.drift_window_rows, self._settings.drift_window_seconds)
        if model.profile is None or not size.rows or not size.seconds:
            return None
        return DriftMonitor(model.bundle.version, model.bundle.columns, model.profile, size)

    def _forget_error(self) -> None:
        self._serving.last_error = None
        self._metrics.reload_failing(failing=False)

    def _note(self, error: ApiError) -> None:
        known = self._serving.last_error
        if known is None or known.detail != error.detail:
            logger.warning("cannot follow the alias", extra={"reason": error.detail, "kind": error.kind})
        self._serving.last_error = ReloadError(error.detail, error.kind, datetime.now(UTC))
        self._metrics.reload_failing(failing=True)


def _unexpected(error: Exception) -> ModelError:
    return ModelError(f"unexpected {type(error).__name__} while loading the model")
