"""A fetched version in the cache: the model's files and a description that is read without MLflow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from src.errors import ModelError
from src.service.content_digest import content_digest
from src.service.flavors.interface import ModelFile
from src.service.schema.column import Column

DESCRIPTION: Final = "bundle.json"
MODEL_FOLDER: Final = "model"


@dataclass(frozen=True, slots=True)
class Check:
    """One row with its expected prediction.

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
        source: Location of its artifacts according to the registry.
        model_file: Path of the serialized estimator below the model folder.
        serialization_format: Its format, such as `skops`.
        predict_fn: Method of the estimator that predicts.
        library_version: Version of the library that the model was saved with, or empty.
        named: Whether the estimator gets its columns by name.
        columns: The input's columns.
        example: A JSON object that the model accepts.
        checks: Rows with the predictions of `mlflow.pyfunc`.
        logged: The input example's rows with the predictions that the trainer logged.
        content_sha256: Digest of the model folder, see `content_digest`.
        digest_verified: Whether the registry had the same digest.
        sequence: Whether the estimator takes the only column as a sequence of texts.
        flavor: The model's flavor; bundles of earlier versions of the service do not name it, and are of scikit-learn.
        model_class: Class of the estimator; empty when the file itself says it.
    """

    name: str
    version: str
    run_id: str
    source: str
    model_file: str
    serialization_format: str
    predict_fn: str
    library_version: str
    named: bool
    columns: tuple[Column, ...]
    example: dict[str, Any]
    checks: tuple[Check, ...] = field(repr=False)
    logged: tuple[Check, ...] = field(repr=False)
    content_sha256: str
    digest_verified: bool
    sequence: bool = False
    flavor: str = "sklearn"
    model_class: str = ""

    @property
    def file(self) -> ModelFile:
        """The serialized estimator."""
        return ModelFile(
            self.model_file, self.serialization_format, self.library_version, self.predict_fn, self.model_class
        )

    def write(self, folder: Path) -> None:
        """Write the description into the bundle's folder."""
        (folder / DESCRIPTION).write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the description and compare the files with their digest.

        Raises:
            ModelError: When something is missing or was changed, or there is no check to verify the model with.
        """
        try:
            values = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            if "sklearn_version" in values:  # its name in earlier versions of the service
                values["library_version"] = values.pop("sklearn_version")
            values["columns"] = tuple(Column.of_json(column) for column in values["columns"])
            values["checks"] = tuple(Check(**check) for check in values["checks"])
            values["logged"] = tuple(Check(**check) for check in values["logged"])
            bundle = cls(**values)
            digest = content_digest(folder / MODEL_FOLDER)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelError(f"the cached model cannot be read: {type(error).__name__}: {error}") from error
        if digest != bundle.content_sha256:
            raise ModelError("the cached model's files do not match their digest")
        if not bundle.checks and not bundle.logged:  # written by an earlier version of the service; it is fetched again
            raise ModelError("the cached model came without an answer to verify it with")
        return bundle
