"""Fetched versions on a volume, so that the service starts and serves with MLflow, MySQL and MinIO all down.

Where the volume cannot be written (another user's, read-only, full), what is there is still read, and a private folder
for temporary files takes what is fetched, until the process ends.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final
from urllib.parse import quote

from src.errors import ModelError
from src.service.registry.bundle import Bundle
from src.service.registry.client import ModelVersion

KEPT_VERSIONS: Final = 3
ABANDONED_SECONDS: Final = 3600
_PROBE_BYTES: Final = 1 << 20
_READABLE_FOLDER: Final = 0o755
_READABLE_FILE: Final = 0o644
# Docker gives one of 64 MiB to every container, even to one whose file system is read-only and has no /tmp.
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - the folder in it is made by mkdtemp

_log = logging.getLogger(__name__)


class ModelCache:
    """A folder that replicas may share: every change in it is one rename."""

    def __init__(
        self, root: Path, name: str, alias: str, on_problem: Callable[[str | None], None] = lambda _: None
    ) -> None:
        """Name the folder of one model.

        Args:
            root: The volume.
            name: Registered model.
            alias: Alias that is served; each has its own last good version.
            on_problem: Gets the reason when the volume turns out not to be writable, and None when it is again.
        """
        self._on_problem = on_problem
        self._problem: str | None = None
        self._substitute: Path | None = None
        self._folder = root / (quote(name, safe="") or "_")
        self._last_good = self._folder / f"last-good-{quote(alias, safe='')}.json"

    def place(self, version: ModelVersion) -> Path:
        """The folder of one version on the volume, whether it is there or not: it names the version."""
        identity = hashlib.sha256(repr(version).encode()).hexdigest()[:12]
        return self._folder / f"{version.version}-{identity}"

    def where(self, place: Path) -> Path:
        """The folder that holds the files of a version: its place, or the one of the same name in the substitute."""
        if self._substitute is not None and (self._substitute / place.name).is_dir():
            return self._substitute / place.name
        return place

    def find(self, version: ModelVersion) -> Bundle | None:
        """The version's bundle when it is there and intact; a damaged one is removed."""
        place = self.where(self.place(version))
        if not _is_folder(place):
            return None
        try:
            return Bundle.read(place)
        except ModelError:
            shutil.rmtree(place, ignore_errors=True)
            return None

    def check(self) -> None:
        """Tell at once whether the volume can be written, not only when there is something to write."""
        with suppress(ModelError):
            self.discard(self.workspace())

    def workspace(self) -> Path:
        """A new empty folder to fetch into: on the volume, or in the substitute when that cannot be written.

        Raises:
            ModelError: When neither can be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            workspace = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self._folder))
        except OSError as error:
            return self.substitute_workspace(error)
        return workspace

    def substitute_workspace(self, error: OSError | None = None) -> Path:
        """A new empty folder in the substitute.

        Args:
            error: Why the volume cannot be written; None when it is full.

        Raises:
            ModelError: When there is no folder for temporary files either.
        """
        problem = self._cannot_be_written(error)
        try:
            if self._substitute is None or not self._substitute.is_dir():
                self._substitute = _private_folder()
                weakref.finalize(self, shutil.rmtree, self._substitute, ignore_errors=True)
            workspace = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self._substitute))
        except OSError as without:
            raise ModelError(
                f"{problem}, and there is no folder for temporary files: mount a tmpfs on /tmp"
            ) from without
        self._report(f"{problem}: what is fetched is kept in {self._substitute} until the service ends")
        return workspace

    def is_full(self, workspace: Path) -> bool:
        """Whether nothing more can be written to a workspace on the volume, so that the substitute is worth a try."""
        if workspace.parent != self._folder:
            return False
        try:
            (workspace / "probe").write_bytes(bytes(_PROBE_BYTES))
        except OSError:
            return True
        return False

    def keep(self, workspace: Path, version: ModelVersion) -> None:
        """Move a filled workspace to its place; a replica that was quicker wins."""
        place = workspace.parent / self.place(version).name
        # Made for this user alone; a replica that runs as another user may read it.
        workspace.chmod(_READABLE_FOLDER)
        try:
            workspace.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            self.discard(workspace)
        if workspace.parent == self._folder:
            self._report(None)

    def discard(self, workspace: Path) -> None:
        """Remove a workspace."""
        shutil.rmtree(workspace, ignore_errors=True)

    def mark_good(self, version: ModelVersion) -> None:
        """Remember the version as the one to start with, and remove all but the newest few."""
        place = self.place(version)
        kept = self.where(place)
        if kept != place:
            # The substitute may be memory: it holds what serves and nothing else.
            for old in kept.parent.glob("[!.]*"):
                if old != kept:
                    shutil.rmtree(old, ignore_errors=True)
            return
        try:
            self._mark(place)
        except OSError as error:
            consequence = "a start without MLflow begins with an earlier version, or with none"
            self._report(f"{self._cannot_be_written(error)}: {consequence}")
            return
        self._prune()

    def _mark(self, place: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=".good-", dir=self._folder)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"folder": place.name}, file)
            unfinished.chmod(_READABLE_FILE)
            unfinished.replace(self._last_good)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        with suppress(OSError):
            os.utime(place)

    def last_good(self) -> Path | None:
        """The folder of the version that served last, if there is one."""
        return self._marked(self._last_good)

    def _marked(self, mark: Path) -> Path | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            place = self._folder / json.loads(mark.read_text(encoding="utf-8"))["folder"]
            return place if place.is_dir() else None
        return None

    def _cannot_be_written(self, error: OSError | None) -> str:
        reason = os.strerror(errno.ENOSPC) if error is None else error.strerror
        return f"the model cache {self._folder} cannot be written ({reason})"

    def _report(self, problem: str | None) -> None:
        """Log a problem once, and hand it on, until it is gone."""
        if (problem is None) == (self._problem is None):
            return
        self._problem = problem
        if problem is None:
            _log.info("the model cache %s can be written again", self._folder)
        else:
            _log.warning("%s", problem)
        self._on_problem(problem)

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


def _is_folder(path: Path) -> bool:
    """Also false for what this user may not even look at."""
    with suppress(OSError):
        return path.is_dir()
    return False


def _private_folder() -> Path:
    """A folder that nobody else can enter, below the first one for temporary files that can be written.

    Raises:
        OSError: There is none.
    """
    prefix = "inference-models-"
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix=prefix))
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_SHARED_MEMORY))
