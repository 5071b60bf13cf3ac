"""The digest of a model's files, which the trainer writes into the registry and the service compares."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

# MLflow adds this file to a download; it is not part of the logged model.
_ADDED_BY_DOWNLOAD: Final = "registered_model_meta"


def content_digest(folder: Path) -> str:
    """SHA-256 of the lines `<sha256>  <relative path>` of all files, sorted by path."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files.pop(_ADDED_BY_DOWNLOAD, None)
    # Sorted as strings: pathlib sorts `a/b` before `a-b`.
    lines = [f"{_file_digest(path)}  {name}\n" for name, path in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    """Reads in chunks: a model file may be larger than the memory that is free beside the serving process."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
