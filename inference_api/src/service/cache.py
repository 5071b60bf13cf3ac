"""Fetched versions on a volume, so that the service starts and serves with MLflow, MySQL and MinIO all down."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final
from urllib.parse import quote

from src.errors import ModelError
from src.service.bundle import Bundle
from src.service.registry import ModelVersion

KEPT_VERSIONS: Final = 3
ABANDONED_SECONDS: Final = 3600


class ModelCache:
    """A folder that replicas may share: every change in it is one rename."""

    def __init__(self, root: Path, name: str, alias: str) -> None:
        """Name the folder of one model.

        Args:
            root: The volume.
            name: Registered model.
            alias: Alias that is served; each has its own last good version.
        """
        self._folder = root / (quote(name, safe="") or "_")
        self._last_good = self._folder / f"last-good-{quote(alias, safe='')}.json"

    def place(self, version: ModelVersion) -> Path:
        """The folder of one version, whether it is there or not."""
        identity = hashlib.sha256(repr(version).encode()).hexdigest()[:12]
        return self._folder / f"{version.version}-{identity}"

    def find(self, version: ModelVersion) -> Bundle | None:
        """The version's bundle when it is there and intact; a damaged one is removed."""
        place = self.place(version)
        if not place.is_dir():
            return None
        try:
            return Bundle.read(place)
        except ModelError:
            shutil.rmtree(place, ignore_errors=True)
            return None

    def workspace(self) -> Path:
        """A new empty folder on the same volume to fetch into.

        Raises:
            ModelError: When the volume cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".fetch-", dir=self._folder))
        except OSError as error:
            raise ModelError(f"the model cache {self._folder} cannot be written: {error.strerror}") from error

    def keep(self, workspace: Path, version: ModelVersion) -> None:
        """Move a filled workspace to its place; a replica that was quicker wins."""
        try:
            workspace.rename(self.place(version))
        except OSError:
            if not self.place(version).is_dir():
                raise
            self.discard(workspace)

    def discard(self, workspace: Path) -> None:
        """Remove a workspace."""
        shutil.rmtree(workspace, ignore_errors=True)

    def mark_good(self, version: ModelVersion) -> None:
        """Remember the version as the one to start with, and remove all but the newest few."""
        place = self.place(version)
        with tempfile.NamedTemporaryFile("w", prefix=".good-", dir=self._folder, delete=False) as file:
            json.dump({"folder": place.name}, file)
        Path(file.name).replace(self._last_good)
        with suppress(OSError):
            os.utime(place)
        self._prune()

    def last_good(self) -> Path | None:
        """The folder of the version that served last, if there is one."""
        return self._marked(self._last_good)

    def _marked(self, mark: Path) -> Path | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            place = self._folder / json.loads(mark.read_text(encoding="utf-8"))["folder"]
            return place if place.is_dir() else None
        return None

    def _prune(self) -> None:
        in_use = {self._marked(mark) for mark in self._folder.glob("last-good-*.json")}
        versions = [path for path in self._folder.glob("[!.]*") if path.is_dir() and path not in in_use]
        abandoned = [path for path in self._folder.glob(".fetch-*") if time() - _changed(path) > ABANDONED_SECONDS]
        newest = sorted(versions, key=_changed, reverse=True)
        for old in [*newest[KEPT_VERSIONS - 1 :], *abandoned]:
            shutil.rmtree(old, ignore_errors=True)


def _changed(path: Path) -> float:
    """When a folder was last changed; 0 when another replica has just removed it."""
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
