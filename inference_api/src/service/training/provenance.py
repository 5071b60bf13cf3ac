"""Which commit of the code trained a model, read without the git program: the image has none."""

from pathlib import Path


def git_commit(start: Path) -> str | None:
    """Find the commit that is checked out around a path.

    Args:
        start: A file or folder inside the working tree.

    Returns:
        The commit's hash, or None outside a repository or before the first commit.
    """
    for folder in (start, *start.parents):
        git = folder / ".git"
        if git.exists():
            try:
                return _head(_git_folder(git))
            except (OSError, ValueError, IndexError):
                # A repository we cannot make sense of is no reason not to train.
                return None
    return None


def _git_folder(git: Path) -> Path:
    """Follow the `gitdir:` file that a linked worktree or a submodule has in place of the folder."""
    if git.is_dir():
        return git
    return git.parent / git.read_text().split(":", 1)[1].strip()


def _head(git: Path) -> str | None:
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
