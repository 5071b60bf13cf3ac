"""Fetched versions on a volume, so that the service starts and serves while MLflow, MySQL and MinIO are down.

When the volume cannot be written (owned by another user, read-only, full), its versions are still read, and new ones
are stored in a private temporary folder, the substitute, until the process ends.
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
# Docker mounts 64 MiB there in every container, even in one with a read-only file system and no /tmp.
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - the folder in it is made by mkdtemp

_log = logging.getLogger(__name__)


class ModelCache:
    """A folder that replicas may share: every change in it is a single rename."""

    def __init__(
        self, root: Path, name: str, alias: str, on_problem: Callable[[str | None], None] = lambda _: None
    ) -> None:
        """Create the cache of one model.

        Args:
            root: The volume.
            name: Registered model.
            alias: Alias that is served; each has its own last good version.
            on_problem: Called with the reason when the volume cannot be written, and with None when it can again.
        """
        self._on_problem = on_problem
        self._problem: str | None = None
        self._substitute: Path | None = None
        # Without %: MLflow reads a%20b in the path of a model's folder as "a b", and finds nothing there.
        self._folder = root / (quote(name, safe="").replace("%", "=") or "_")
        self._last_good = self._folder / f"last-good-{quote(alias, safe='')}.json"

    def folder_of(self, version: ModelVersion) -> Path:
        """The folder of a version on the volume, which may not exist. It identifies the version."""
        identity = hashlib.sha256(repr(version).encode()).hexdigest()[:12]
        return self._folder / f"{version.version}-{identity}"

    def actual_folder(self, folder: Path) -> Path:
        """The folder that has a version's files: the one on the volume, or that of the same name in the substitute."""
        if self._substitute is not None and (self._substitute / folder.name).is_dir():
            return self._substitute / folder.name
        return folder

    def find(self, version: ModelVersion) -> Bundle | None:
        """The version's bundle if it is cached and intact; a damaged one is removed."""
        folder = self.actual_folder(self.folder_of(version))
        if not _is_folder(folder):
            return None
        try:
            return Bundle.read(folder)
        except ModelError:
            shutil.rmtree(folder, ignore_errors=True)
            return None

    def check(self) -> None:
        """Report now, before the first fetch, when the volume cannot be written."""
        with suppress(ModelError):
            self.discard(self.workspace())

    def workspace(self) -> Path:
        """A new empty folder to fetch into: on the volume or, when that cannot be written, in the substitute.

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
            ModelError: When there is no temporary folder that can be written either.
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
        """Whether a workspace is on the volume and the volume is full, so that the substitute may help."""
        if workspace.parent != self._folder:
            return False
        try:
            (workspace / "probe").write_bytes(bytes(_PROBE_BYTES))
        except OSError:
            return True
        return False

    def keep(self, workspace: Path, version: ModelVersion) -> None:
        """Rename a filled workspace to the version's folder, unless another replica has created that before."""
        folder = workspace.parent / self.folder_of(version).name
        # mkdtemp lets only this user in; a replica may run as another user.
        workspace.chmod(_READABLE_FOLDER)
        try:
            workspace.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            self.discard(workspace)
        if workspace.parent == self._folder:
            self._report(None)

    def discard(self, workspace: Path) -> None:
        """Remove a workspace."""
        shutil.rmtree(workspace, ignore_errors=True)

    def mark_good(self, version: ModelVersion) -> None:
        """Mark the version as the one to start with, and remove all but the newest few versions."""
        folder = self.folder_of(version)
        kept = self.actual_folder(folder)
        if kept != folder:
            # The substitute may be in memory: only the version that serves is kept there.
            for old in kept.parent.glob("[!.]*"):
                if old != kept:
                    shutil.rmtree(old, ignore_errors=True)
            return
        try:
            self._mark(folder)
        except OSError as error:
            consequence = "a start without MLflow begins with an earlier version, or with none"
            self._report(f"{self._cannot_be_written(error)}: {consequence}")
            return
        self._prune()

    def _mark(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=".good-", dir=self._folder)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"folder": folder.name}, file)
            unfinished.chmod(_READABLE_FILE)
            unfinished.replace(self._last_good)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        with suppress(OSError):
            os.utime(folder)

    def forget(self) -> None:
        """Remove the mark, so that its version is removed from the cache when newer ones come, and the substitute."""
        with suppress(OSError):
            self._last_good.unlink(missing_ok=True)
        if self._substitute is not None:
            shutil.rmtree(self._substitute, ignore_errors=True)

    def last_good(self) -> Path | None:
        """The folder of the version that served last, if there is one."""
        return self._marked_folder(self._last_good)

    def _marked_folder(self, mark: Path) -> Path | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            folder = self._folder / json.loads(mark.read_text(encoding="utf-8"))["folder"]
            return folder if folder.is_dir() else None
        return None

    def _cannot_be_written(self, error: OSError | None) -> str:
        reason = os.strerror(errno.ENOSPC) if error is None else error.strerror
        return f"the model cache {self._folder} cannot be written ({reason})"

    def _report(self, problem: str | None) -> None:
        """Log a problem and its end once each, and call `on_problem`."""
        if (problem is None) == (self._problem is None):
            return
        self._problem = problem
        if problem is None:
            _log.info("the model cache %s can be written again", self._folder)
        else:
            _log.warning("%s", problem)
        self._on_problem(problem)

    def _prune(self) -> None:
        in_use = {self._marked_folder(mark) for mark in self._folder.glob("last-good-*.json")}
        versions = [path for path in self._folder.glob("[!.]*") if path.is_dir() and path not in in_use]
        abandoned = [path for path in self._folder.glob(".fetch-*") if time() - _changed(path) > ABANDONED_SECONDS]
        newest = sorted(versions, key=_changed, reverse=True)
        for old in [*newest[KEPT_VERSIONS - 1 :], *abandoned]:
            shutil.rmtree(old, ignore_errors=True)


def _changed(path: Path) -> float:
    """Time of the last change of a folder; 0 when another replica has just removed it."""
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _is_folder(path: Path) -> bool:
    """Whether it is a folder; false without permission to look at it."""
    with suppress(OSError):
        return path.is_dir()
    return False


def _private_folder() -> Path:
    """A new folder that only this user can enter, in the first temporary folder that can be written.

    Raises:
        OSError: When no temporary folder can be written.
    """
    prefix = "inference-models-"
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix=prefix))
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_SHARED_MEMORY))
