"""Gets a version's bundle: from the cache, or by a fetch into it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from src.errors import ModelError
from src.service.fetching.request import FetchRequest
from src.service.fetching.runner import run_fetch
from src.service.registry.bundle import Bundle
from src.service.registry.cache import ModelCache
from src.service.registry.client import ModelVersion, credentials
from src.settings import Settings

logger = logging.getLogger(__name__)


class VersionSource:
    """Has each version in a cache; one that is missing there is fetched."""

    def __init__(self, settings: Settings, cache: ModelCache) -> None:
        """Fetch nothing yet.

        Args:
            settings: Address and credentials of MLflow, and the limits of a fetch.
            cache: The cache to look in and to fetch into.
        """
        self._settings = settings
        self._cache = cache

    async def bundle(self, version: ModelVersion) -> Bundle:
        """The version's bundle, which is in the cache afterwards.

        Raises:
            ModelRefusedError: When the version cannot be served; another attempt would not help.
            ModelError: When it could not be fetched this time.
        """
        return await asyncio.to_thread(self._cache.find, version) or await self._fetch(version)

    async def _fetch(self, version: ModelVersion) -> Bundle:
        workspace = self._cache.workspace()
        try:
            return await self._fetch_into(workspace, version)
        except ModelError:
            if not await asyncio.to_thread(self._cache.is_full, workspace):
                raise
        finally:
            self._cache.discard(workspace)
        workspace = self._cache.substitute_workspace()
        try:
            return await self._fetch_into(workspace, version)
        finally:
            self._cache.discard(workspace)

    async def _fetch_into(self, workspace: Path, version: ModelVersion) -> Bundle:
        logger.info("fetching the model", extra={"model": version.name, "version": version.version})
        request = FetchRequest(
            tracking_uri=self._settings.mlflow_tracking_uri,
            name=version.name,
            version=version.version,
            run_id=version.run_id,
            source=version.source,
            content_sha256=version.content_sha256,
            allow_pickle=self._settings.allow_pickle,
            destination=str(workspace),
            headers=credentials(self._settings),
        )
        bundle = await run_fetch(request, self._settings.model_fetch_seconds)
        self._cache.keep(workspace, version)
        return bundle
