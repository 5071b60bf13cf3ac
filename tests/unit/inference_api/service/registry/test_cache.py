"""The cache of fetched versions, which replicas share."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from src.errors import ModelError
from src.service.registry import cache as module
from src.service.registry.bundle import MODEL_FOLDER, Bundle
from src.service.registry.cache import ABANDONED_SECONDS, ModelCache
from src.service.registry.client import ModelVersion
from tests.unit.inference_api.doubles import regression, version_of, write_bundle

NAME = "linear_regression_model"
OTHER_USER = 65534


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    """The cache of one replica."""
    return ModelCache(tmp_path, NAME, "champion")


def fill(cache: ModelCache, version: ModelVersion) -> Bundle:
    """Fetch a version into the cache."""
    workspace = cache.workspace()
    bundle = write_bundle(workspace, regression(), version.version)
    cache.keep(workspace, version)
    return bundle


def names(root: Path) -> set[str]:
    """Visible and hidden folders of the model."""
    return {path.name for path in root.glob("*/*") if path.is_dir()}


def test_kept_version_is_found(cache: ModelCache) -> None:
    """A version that was kept is found, by this replica and by another on the same volume."""
    version = version_of("1")
    assert cache.find(version) is None
    assert cache.last_good() is None
    bundle = fill(cache, version)
    assert cache.find(version) == bundle
    assert ModelCache(cache.folder_of(version).parents[1], NAME, "other").find(version) == bundle


@pytest.mark.parametrize("change", [{"source": "models:/m-9"}, {"run_id": "other"}, {"content_sha256": "other"}])
def test_same_number_of_another_registry(change: dict[str, str], cache: ModelCache) -> None:
    """Version 1 of a new registry is another model."""
    fill(cache, version_of("1"))
    assert cache.find(version_of("1", **change)) is None


def test_models_have_separate_folders(tmp_path: Path) -> None:
    """Models with any names have separate folders inside the volume."""
    found = {
        ModelCache(tmp_path, name, "a").folder_of(version_of()).parent for name in ("a/b", "a b", "../a", "año", "a")
    }
    assert len(found) == 5
    assert all(folder.parent == tmp_path for folder in found)


def test_folder_of_a_name_with_blanks(tmp_path: Path) -> None:
    """The folder's path has no percent sign, which MLflow would decode, and different names have different folders."""
    names = ["a b", "a=20b", "a%20b", "año/ñ"]
    folders = [ModelCache(tmp_path, name, "champion").folder_of(version_of("1")).parent for name in names]
    assert [folder.name for folder in folders] == ["a=20b", "a=3D20b", "a=2520b", "a=C3=B1o=2F=C3=B1"]


def test_damaged_version_is_removed(cache: ModelCache) -> None:
    """A version whose files were changed is removed, so that it can be fetched again."""
    version = version_of("1")
    fill(cache, version)
    (cache.folder_of(version) / MODEL_FOLDER / "model.skops").write_bytes(b"")
    assert cache.find(version) is None
    assert not cache.folder_of(version).exists()
    fill(cache, version)
    assert cache.find(version) is not None


def test_two_replicas_fetch_the_same_version(cache: ModelCache, tmp_path: Path) -> None:
    """Two replicas that fetch the same version both succeed; one copy is kept, and no workspace."""
    version = version_of("1")
    other = ModelCache(tmp_path, NAME, "champion")
    workspaces = cache.workspace(), other.workspace()
    assert workspaces[0] != workspaces[1]
    for replica, workspace in zip((cache, other), workspaces, strict=True):
        write_bundle(workspace, regression())
        replica.keep(workspace, version)
    assert names(tmp_path) == {cache.folder_of(version).name}
    assert cache.find(version) is not None


def test_last_good(cache: ModelCache) -> None:
    """The version that was marked last is the one to start with."""
    for number in ("1", "2"):
        fill(cache, version_of(number))
        cache.mark_good(version_of(number))
    assert cache.last_good() == cache.folder_of(version_of("2"))


def test_last_good_is_by_alias(cache: ModelCache, tmp_path: Path) -> None:
    """Services with different aliases on one volume each start with their own version."""
    other = ModelCache(tmp_path, NAME, "../challenger")
    for replica, number in ((cache, "1"), (other, "2")):
        fill(replica, version_of(number))
        replica.mark_good(version_of(number))
    assert cache.last_good() == cache.folder_of(version_of("1"))
    assert other.last_good() == cache.folder_of(version_of("2"))


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "{}", '{"folder": 5}', '{"folder": "gone"}', "\udcff"])
def test_unreadable_mark(text: str, cache: ModelCache) -> None:
    """A mark that is damaged, or whose version is gone, is ignored."""
    fill(cache, version_of("1"))
    cache.mark_good(version_of("1"))
    (mark,) = cache.folder_of(version_of("1")).parent.glob("last-good-*")
    mark.write_text(text, encoding="utf-8", errors="surrogateescape")
    assert cache.last_good() is None


def test_old_versions_are_removed(cache: ModelCache, tmp_path: Path) -> None:
    """The version that serves and the two before it are kept; older ones are removed."""
    for number in range(1, 7):
        version = version_of(str(number))
        fill(cache, version)
        cache.mark_good(version)
        os.utime(cache.folder_of(version), (number, number))
    assert names(tmp_path) == {cache.folder_of(version_of(number)).name for number in ("4", "5", "6")}


def test_pruning_keeps_the_versions_of_other_aliases(cache: ModelCache, tmp_path: Path) -> None:
    """The last good versions of other aliases are kept."""
    others = [ModelCache(tmp_path, NAME, alias) for alias in ("stable", "canary")]
    for place, other in enumerate(others):
        version = version_of(str(100 + place))
        fill(other, version)
        other.mark_good(version)
        os.utime(other.folder_of(version), (1, 1))
    for number in range(1, 9):
        fill(cache, version_of(str(number)))
        cache.mark_good(version_of(str(number)))
    assert [replica.last_good() for replica in [*others, cache]] == [
        cache.folder_of(version_of(number)) for number in ("100", "101", "8")
    ]
    assert cache.find(version_of("100")) is not None


def test_forgotten_alias(cache: ModelCache, tmp_path: Path) -> None:
    """An alias that is gone keeps no version any more, neither on the volume nor in the substitute."""
    other = ModelCache(tmp_path, NAME, "challenger")
    fill(other, version_of("100"))
    other.mark_good(version_of("100"))
    substitute = other.substitute_workspace().parent
    other.forget()
    other.forget()
    assert other.last_good() is None
    assert not substitute.exists()
    os.utime(other.folder_of(version_of("100")), (1, 1))
    for number in range(1, 5):
        fill(cache, version_of(str(number)))
        cache.mark_good(version_of(str(number)))
    assert other.find(version_of("100")) is None
    assert other.substitute_workspace().is_dir()


def test_return_to_an_older_version(cache: ModelCache) -> None:
    """After a rollback the version that serves counts as the newest."""
    for number in ("1", "2", "3"):
        fill(cache, version_of(number))
        cache.mark_good(version_of(number))
        os.utime(cache.folder_of(version_of(number)), (int(number), int(number)))
    cache.mark_good(version_of("1"))
    assert cache.last_good() == cache.folder_of(version_of("1"))
    assert cache.folder_of(version_of("1")).stat().st_mtime > 3
    assert cache.find(version_of("3")) is not None


def test_abandoned_workspaces_are_removed(cache: ModelCache) -> None:
    """The workspace of a killed fetch is removed when it is old; a fetch in progress is not affected."""
    abandoned, fresh = cache.workspace(), cache.workspace()
    write_bundle(abandoned, regression())
    long_ago = time.time() - ABANDONED_SECONDS - 60
    os.utime(abandoned, (long_ago, long_ago))
    fill(cache, version_of("1"))
    cache.mark_good(version_of("1"))
    assert not abandoned.exists()
    assert fresh.exists()


def test_discard(cache: ModelCache) -> None:
    """A workspace is removed with its files; it may be gone already."""
    workspace = cache.workspace()
    write_bundle(workspace, regression())
    cache.discard(workspace)
    cache.discard(workspace)
    assert not workspace.exists()


def test_marking_opens_no_descriptors(cache: ModelCache) -> None:
    """A service that swaps models for years does not run out of descriptors."""
    fill(cache, version_of("1"))
    before = set(Path("/proc/self/fd").iterdir())
    for _ in range(5):
        cache.mark_good(version_of("1"))
    assert len(set(Path("/proc/self/fd").iterdir())) <= len(before)


def test_version_that_another_replica_removed(cache: ModelCache) -> None:
    """Marking a version whose folder is gone creates nothing that would block the next fetch."""
    version = version_of("1")
    cache.discard(cache.workspace())
    cache.mark_good(version)
    assert cache.last_good() is None
    fill(cache, version)
    assert cache.find(version) is not None


@pytest.fixture
def volume() -> Iterator[Path]:
    """A folder that every user can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def as_another_user(folder: Path) -> Iterator[None]:
    """The folder can be read but not written; root takes another user id for that time."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    user = os.geteuid()
    if user == 0:
        os.seteuid(OTHER_USER)
    try:
        yield
    finally:
        os.seteuid(user)
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


def private_folders() -> set[Path]:
    """The existing substitutes."""
    return set(Path(tempfile.gettempdir()).glob("inference-models-*"))


def test_volume_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A private folder replaces it: versions are kept and found; it is logged once, and removed at the end."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    before = private_folders()
    told: list[str | None] = []
    cache = ModelCache(blocked, NAME, "champion", told.append)
    cache.check()
    for number in ("1", "2"):
        fill(cache, version_of(number))
        assert cache.find(version_of(number)) is not None
        cache.mark_good(version_of(number))
    [folder] = private_folders() - before
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == [cache.folder_of(version_of("2")).name]
    reason = f"the model cache {blocked / NAME} cannot be written (Not a directory)"
    sentence = f"{reason}: what is fetched is kept in {folder} until the service ends"
    assert told == [sentence]
    assert [record.message for record in caplog.records] == [sentence]
    del cache
    assert private_folders() == before


def test_volume_of_another_user_is_read(volume: Path) -> None:
    """Versions of another user on the volume are found; new ones are kept in the substitute."""
    owner = ModelCache(volume, NAME, "champion")
    fill(owner, version_of("1"))
    owner.mark_good(version_of("1"))
    told: list[str | None] = []
    with as_another_user(volume):
        cache = ModelCache(volume, NAME, "champion", told.append)
        cache.check()
        assert cache.find(version_of("1")) is not None
        assert cache.last_good() == cache.folder_of(version_of("1"))
        assert cache.actual_folder(cache.folder_of(version_of("1"))) == cache.folder_of(version_of("1"))
        cache.mark_good(version_of("1"))
        fill(cache, version_of("2"))
        assert cache.find(version_of("2")) is not None
        assert cache.actual_folder(cache.folder_of(version_of("2"))) != cache.folder_of(version_of("2"))
        del cache
    assert len(told) == 1
    assert "Permission denied" in str(told[0])
    assert owner.find(version_of("2")) is None


def test_volume_that_cannot_be_entered(volume: Path) -> None:
    """A folder that this user cannot enter is treated as empty."""
    fill(ModelCache(volume, NAME, "champion"), version_of("1"))
    (volume / NAME).chmod(0)
    with as_another_user(volume):
        cache = ModelCache(volume, NAME, "champion")
        fill(cache, version_of("1"))
        assert cache.find(version_of("1")) is not None
        del cache


def test_mark_that_cannot_be_written(cache: ModelCache, tmp_path: Path) -> None:
    """A version serves although it could not be marked; no unfinished file is left on the volume."""
    fill(cache, version_of("1"))
    (mark,) = [tmp_path / NAME / "last-good-champion.json"]
    (mark / "in the way").mkdir(parents=True)
    told: list[str | None] = []
    other = ModelCache(tmp_path, NAME, "champion", told.append)
    other.mark_good(version_of("1"))
    assert "a start without MLflow begins with an earlier version" in str(told[0])
    assert list((tmp_path / NAME).glob(".good-*")) == []


def test_full_volume(tmp_path: Path) -> None:
    """A full volume is detected, and the error for the substitute tells it."""
    told: list[str | None] = []
    cache = ModelCache(tmp_path, NAME, "champion", told.append)
    workspace = cache.workspace()
    assert not cache.is_full(workspace)
    (workspace / "probe").unlink()
    (workspace / "probe").symlink_to("/dev/full")
    assert cache.is_full(workspace)
    substitute = cache.substitute_workspace()
    assert "cannot be written (No space left on device)" in str(told[0])
    assert not cache.is_full(substitute)
    fill(cache, version_of("1"))
    assert told[1:] == [None]


def test_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any temporary folder the error tells what to mount."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(blocked))
    monkeypatch.setattr(module, "_SHARED_MEMORY", str(blocked))
    cache = ModelCache(blocked, NAME, "champion")
    cache.check()
    with pytest.raises(ModelError, match=r"cannot be written \(Not a directory\), and .* mount a tmpfs on /tmp"):
        cache.workspace()


def test_other_users_can_read_what_is_kept(cache: ModelCache) -> None:
    """A replica that runs as another user can start from the volume."""
    fill(cache, version_of("1"))
    cache.mark_good(version_of("1"))
    place = cache.folder_of(version_of("1"))
    (mark,) = place.parent.glob("last-good-*")
    assert place.stat().st_mode & 0o777 == 0o755
    assert mark.stat().st_mode & 0o777 == 0o644
