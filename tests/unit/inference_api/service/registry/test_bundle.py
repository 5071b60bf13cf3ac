"""Writing and reading a bundle."""

import json
from pathlib import Path

import pytest

from src.errors import ModelError
from src.service.content_digest import content_digest
from src.service.registry.bundle import DESCRIPTION, MODEL_FOLDER, Bundle, Check
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import bundle_of, regression, write_bundle


def test_round_trip(tmp_path: Path) -> None:
    """A description is read as it was written, with accents, optional columns and all kinds of answers."""
    (tmp_path / MODEL_FOLDER).mkdir()
    checks = tuple(Check({"año": 1.5}, answer) for answer in (1.5, "sí", True, 3, None, [1.5, "b"]))
    bundle = bundle_of(
        (Column("año", "integer", "int64", required=False), Column("", "any", "object")),
        checks=checks,
        logged=checks[:1],
        example={"año": 1},
        content_sha256=content_digest(tmp_path / MODEL_FOLDER),
    )
    bundle.write(tmp_path)
    assert Bundle.read(tmp_path) == bundle


def test_changed_model_is_refused(tmp_path: Path) -> None:
    """A model file that was changed after the fetch is not read."""
    write_bundle(tmp_path, regression())
    with (tmp_path / MODEL_FOLDER / "model.skops").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="do not match their digest"):
        Bundle.read(tmp_path)


BROKEN = {
    "empty": "",
    "not JSON": "{",
    "array": "[]",
    "number": "5",
    "no fields": "{}",
    "unknown field": None,
    "odd columns": None,
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_description_is_refused(case: str, tmp_path: Path) -> None:
    """A description that is truncated, or of another version of the service, raises an error of the service."""
    write_bundle(tmp_path, regression())
    values = json.loads((tmp_path / DESCRIPTION).read_text())
    odd = {"unknown field": {**values, "new": 1}, "odd columns": {**values, "columns": [1]}}
    text = BROKEN[case]
    (tmp_path / DESCRIPTION).write_text(json.dumps(odd[case]) if text is None else text)
    with pytest.raises(ModelError, match="the cached model cannot be read"):
        Bundle.read(tmp_path)


def test_description_of_an_earlier_version(tmp_path: Path) -> None:
    """A description without newer fields is read, so that the service starts with it while MLflow is down."""
    bundle = write_bundle(tmp_path, regression(), library_version="1.8.0")
    values = json.loads((tmp_path / DESCRIPTION).read_text())
    del values["sequence"], values["flavor"], values["model_class"]
    values["sklearn_version"] = values.pop("library_version")
    for column in values["columns"]:
        del column["label"]
    (tmp_path / DESCRIPTION).write_text(json.dumps(values))
    assert Bundle.read(tmp_path) == bundle


def test_unverified_model_is_refused(tmp_path: Path) -> None:
    """A cached model without an answer to compare with is not read, so that it is fetched again."""
    write_bundle(tmp_path, regression(), checks=())
    with pytest.raises(ModelError, match="without an answer to verify it with"):
        Bundle.read(tmp_path)


def test_missing_description_is_refused(tmp_path: Path) -> None:
    """A folder without a description raises an error that tells this."""
    with pytest.raises(ModelError, match="FileNotFoundError"):
        Bundle.read(tmp_path)
