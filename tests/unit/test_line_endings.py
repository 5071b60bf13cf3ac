"""Line endings of a checkout, with any configuration of git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.checkout import copy_checkout

GIT = shutil.which("git") or "git"
# Values of https://git-scm.com/docs/git-config for line endings; the first is the default of the Windows installer.
SETTINGS = (("core.autocrlf=true",), ("core.autocrlf=false", "core.eol=crlf"), ("core.autocrlf=true", "core.eol=crlf"))


def git(folder: Path, *arguments: str, settings: tuple[str, ...] = ()) -> str:
    """Run git with these settings only; returns its output."""
    chosen = ("user.name=test", "user.email=test@example.com", "core.autocrlf=false", *settings)
    options = [word for setting in chosen for word in ("-c", setting)]
    return subprocess.run([GIT, *options, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def clone_folder(folder: str, source: Path, target: Path, settings: tuple[str, ...]) -> None:
    """Clone a repository and check out one of its folders, with the files of those above it."""
    git(source, "clone", "--quiet", "--sparse", str(source), str(target), settings=settings)
    git(target, "sparse-checkout", "set", folder, settings=settings)


def names_with_cr(folder: Path) -> set[str]:
    """The texts with a carriage return; git takes a file with a NUL for no text, such as a picture."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts]
    assert len(files) > 0
    return {
        path.relative_to(folder).as_posix()
        for path in files
        if b"\r" in (content := path.read_bytes()) and b"\0" not in content
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course's repository with this working tree, uncommitted changes included, as one of its folders."""
    repository = tmp_path_factory.mktemp("published")
    copy_checkout(repository / "Talleres" / "Taller_5")
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "workshop")
    return repository


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_every_text_is_checked_out_with_lf(settings: tuple[str, ...], published: Path, tmp_path: Path) -> None:
    """A clone with a git that writes CRLF has exactly the bytes of the repository, without a CR."""
    git(tmp_path, "clone", "--quiet", str(published), "clone", settings=settings)
    clone = tmp_path / "clone"

    assert names_with_cr(clone) == set()
    for name in git(clone, "ls-files", "-z").split("\0")[:-1]:
        assert (clone / name).read_bytes() == (published / name).read_bytes(), name


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_a_file_that_an_editor_saved_with_crlf_is_committed_with_lf(
    settings: tuple[str, ...], published: Path, tmp_path: Path
) -> None:
    """A script that was edited on Windows has LF in the next clone."""
    edited, following = tmp_path / "edited", tmp_path / "next"
    clone_folder("Talleres/Taller_5/mysql", published, edited, settings)
    script = edited / "Talleres" / "Taller_5" / "mysql" / "first-start.sh"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n") + b"# edited\r\n")
    git(edited, "commit", "--quiet", "--all", "--message", "edited", settings=settings)
    clone_folder("Talleres/Taller_5/mysql", edited, following, settings)

    assert names_with_cr(following) == set()
    assert (following / script.relative_to(edited)).read_bytes().endswith(b"# edited\n")


def test_without_the_attributes_there_would_be_cr(published: Path, tmp_path: Path) -> None:
    """These settings do write CRLF without .gitattributes: the tests above can fail."""
    plain = tmp_path / "plain"
    shutil.copytree(published, plain, ignore=shutil.ignore_patterns(".git", ".gitattributes"))
    git(plain, "init", "--quiet")
    git(plain, "add", ".")
    git(plain, "commit", "--quiet", "--message", "workshop")
    git(tmp_path, "clone", "--quiet", str(plain), "clone", settings=SETTINGS[0])

    assert "Talleres/Taller_5/mysql/first-start.sh" in names_with_cr(tmp_path / "clone")
