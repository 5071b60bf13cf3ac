"""The digest of a model's files."""

import hashlib
from pathlib import Path

import pytest

from src.service.content_digest import content_digest


def test_digest_of_no_files(tmp_path: Path) -> None:
    """A folder without files, or that does not exist, has the digest of no lines."""
    assert content_digest(tmp_path) == content_digest(tmp_path / "missing") == hashlib.sha256(b"").hexdigest()


def test_digest_of_files(tmp_path: Path) -> None:
    """Lines are sorted by the text of the path, and the file that MLflow adds to a download is left out."""
    for name in ("a-b", "a/b", "a.b", "Z", "ñ", "a/registered_model_meta"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "registered_model_meta").write_text("added")
    lines = [
        f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n"
        for name in ("Z", "a-b", "a.b", "a/b", "a/registered_model_meta", "ñ")
    ]
    assert content_digest(tmp_path) == hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("change", ["append", "rename", "add", "remove"])
def test_digest_of_changed_files(change: str, tmp_path: Path) -> None:
    """A changed, renamed, added or removed file changes the digest."""
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    before = content_digest(tmp_path)
    if change == "append":
        (tmp_path / "one").write_text("11")
    elif change == "rename":
        (tmp_path / "one").rename(tmp_path / "three")
    elif change == "add":
        (tmp_path / "three").write_text("")
    else:
        (tmp_path / "two").unlink()
    assert content_digest(tmp_path) != before
