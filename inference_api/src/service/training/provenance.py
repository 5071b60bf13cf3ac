"""The commit of the code that trains a model, read without the git program, which the image does not have."""

from pathlib import Path


def git_commit(start: Path) -> str | None:
    """Find the checked-out commit of the repository that has a path.

    Args:
        start: A file or folder inside the working tree.

    Returns:
        The commit's hash, or None outside a repository or before the first commit.
    """
    for folder in (start, *start.parents):
        git = folder / ".git"
        if git.exists():
            try:
                return _head_commit(_git_folder(git))
            except (OSError, ValueError, IndexError):
                # The training goes on without the commit.
                return None
    return None


def _git_folder(git: Path) -> Path:
    """Return the git folder; in a linked worktree or a submodule `.git` is a file that names it."""
    if git.is_dir():
        return git
    return git.parent / git.read_text().split(":", 1)[1].strip()


def _head_commit(git: Path) -> str | None:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return head or None
    reference = head.split(":", 1)[1].strip()
    common_file = git / "commondir"
    common = git / common_file.read_text().strip() if common_file.exists() else git
    loose = common / reference
    if loose.exists():
        return loose.read_text().strip() or None
    packed = common / "packed-refs"
    if packed.exists():
        for line in packed.read_text().splitlines():
            if line.endswith(f" {reference}"):
                return line.split()[0]
    return None
