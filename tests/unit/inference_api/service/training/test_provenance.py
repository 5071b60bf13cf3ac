"""The commit is read from the files of the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

from src.service.training.provenance import git_commit

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _git_folder(root: Path) -> Path:
    (root / ".git" / "refs" / "heads").mkdir(parents=True)
    return root / ".git"


def test_a_branch(tmp_path: Path) -> None:
    """HEAD names a branch, whose file has the commit; any folder below finds it."""
    git = _git_folder(tmp_path)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text(f"{_COMMIT}\n")
    below = tmp_path / "a" / "b.py"
    assert git_commit(below) == _COMMIT


def test_a_packed_branch(tmp_path: Path) -> None:
    """After `git pack-refs` the commits of all branches are in one file."""
    git = _git_folder(tmp_path)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(
        f"# pack-refs with: peeled\n{'f' * 40} refs/heads/x/main\n{_COMMIT} refs/heads/main\n"
    )
    assert git_commit(tmp_path) == _COMMIT


def test_a_detached_head(tmp_path: Path) -> None:
    """CI checks out a commit without a branch."""
    (_git_folder(tmp_path) / "HEAD").write_text(f"{_COMMIT}\n")
    assert git_commit(tmp_path) == _COMMIT


@pytest.mark.parametrize("content", ["ref: refs/heads/unborn\n", "", "\n"])
def test_a_repository_without_a_commit(tmp_path: Path, content: str) -> None:
    """Before the first commit the result is None."""
    (_git_folder(tmp_path) / "HEAD").write_text(content)
    assert git_commit(tmp_path) is None


def test_no_repository_or_a_broken_one(tmp_path: Path) -> None:
    """The result is then None."""
    (tmp_path / ".git").write_text("no such thing")
    assert git_commit(tmp_path) is None
    assert git_commit(Path("/")) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with the git program, which is not installed")
def test_it_agrees_with_git_in_a_linked_worktree(tmp_path: Path) -> None:
    """The commit is that of `git rev-parse`, in a repository and in a linked worktree."""

    def git(folder: Path, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    git(main, "init")
    git(main, "commit", "--allow-empty", "-m", "one")
    git(main, "worktree", "add", "-b", "side", str(linked))
    git(linked, "commit", "--allow-empty", "-m", "two")
    assert git_commit(main) == git(main, "rev-parse", "HEAD")
    assert git_commit(linked) == git(linked, "rev-parse", "HEAD") != git_commit(main)
