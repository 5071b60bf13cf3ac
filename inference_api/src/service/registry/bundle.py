"""What one fetch leaves in the cache: the model's files and a description that needs no MLflow to be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from src.errors import ModelError
from src.service.schema.column import Column

DESCRIPTION: Final = "bundle.json"
MODEL_FOLDER: Final = "model"
# MLflow adds this file while it downloads: it is not part of what was logged.
_ADDED_BY_DOWNLOAD: Final = "registered_model_meta"


@dataclass(frozen=True, slots=True)
class Check:
    """One row with the answer that `mlflow.pyfunc` gave for it.

    Attributes:
        row: A JSON object as a client would send it.
        answer: The prediction.
    """

    row: dict[str, Any]
    answer: Any


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model version on disk, ready to be loaded and verified.

    Attributes:
        name: Registered model.
        version: Version in the registry.
        run_id: Run that logged it, or empty.
        source: Where the registry says that its artifacts are.
        model_file: Path of the serialized estimator below the model folder.
        serialization_format: `skops`, `pickle` or `cloudpickle`.
        predict_fn: Method of the estimator that answers.
        sklearn_version: Version of scikit-learn that the model was saved with, or empty.
        named: Whether the estimator gets its columns by name.
        columns: The input's columns.
        example: A JSON object that the model accepts.
        checks: Rows with the answers of `mlflow.pyfunc`.
        logged: The input example's rows with the predictions that the trainer logged.
        content_sha256: Digest of the model folder, see `content_digest`.
        digest_verified: Whether the registry held the same digest.
        sequence: Whether the estimator takes the only column as a sequence of texts.
        flavor: The model's flavor; bundles of earlier versions of the service do not name it, and are of scikit-learn.
    """

    name: str
    version: str
    run_id: str
    source: str
    model_file: str
    serialization_format: str
    predict_fn: str
    sklearn_version: str
    named: bool
    columns: tuple[Column, ...]
    example: dict[str, Any]
    checks: tuple[Check, ...] = field(repr=False)
    logged: tuple[Check, ...] = field(repr=False)
    content_sha256: str
    digest_verified: bool
    sequence: bool = False
    flavor: str = "sklearn"

    def write(self, folder: Path) -> None:
        """Save the description beside the model's files."""
        (folder / DESCRIPTION).write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a description and compare the files with their digest.

        Raises:
            ModelError: When something is missing or was changed, or no answer is there to verify it with.
        """
        try:
            values = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            values["columns"] = tuple(Column.of_json(column) for column in values["columns"])
            values["checks"] = tuple(Check(**check) for check in values["checks"])
            values["logged"] = tuple(Check(**check) for check in values["logged"])
            bundle = cls(**values)
            digest = content_digest(folder / MODEL_FOLDER)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelError(f"the cached model cannot be read: {type(error).__name__}: {error}") from error
        if digest != bundle.content_sha256:
            raise ModelError("the cached model's files do not match their digest")
        if not bundle.checks and not bundle.logged:  # as an earlier version of the service kept: it is fetched again
            raise ModelError("the cached model came without an answer to verify it with")
        return bundle


def content_digest(folder: Path) -> str:
    """SHA-256 of a model folder: of one line `<sha256>  <relative path>` a file, sorted by path."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files.pop(_ADDED_BY_DOWNLOAD, None)
    # By the text of the path: pathlib sorts `a/b` before `a-b`.
    lines = [f"{_file_digest(path)}  {name}\n" for name, path in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    """In pieces: a model file may be larger than the memory that is left beside the serving process."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
