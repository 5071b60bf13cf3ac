"""Loading a bundle into a model that may serve."""

import re
from pathlib import Path
from typing import Any

import pytest
import sklearn

from src.errors import ModelRefusedError
from src.service.feature_profile import PROFILE_FILE, FeatureProfile, NumberProfile
from src.service.lifecycle.load_model import load_model
from src.service.registry.bundle import MODEL_FOLDER, Check
from tests.unit.inference_api.doubles import FEATURES, regression, write_bundle


def loaded(folder: Path, **values: Any) -> tuple[str, ...]:
    """The warnings of a model that was loaded from a bundle."""
    bundle = write_bundle(folder / "bundle", regression(), **values)
    return load_model(bundle, folder / "bundle", allow_pickle=False).warnings


CHECKS = tuple(Check({column.name: value for column in FEATURES}, 111 * value) for value in (1.0, 2.0))
WARNINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"library_version": sklearn.__version__}, []),
    ({"library_version": "0.1"}, [f"saved with scikit-learn 0.1, served with {sklearn.__version__}"]),
    ({"checks": CHECKS[:1]}, ["verified with one row only"]),
    ({"digest_verified": False}, ["the registry holds no digest"]),
    ({"library_version": "0.1", "digest_verified": False}, ["saved with", "the registry holds no digest"]),
]


@pytest.mark.parametrize(("values", "expected"), WARNINGS)
def test_what_an_operator_should_know(values: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    """Another version of scikit-learn, verification with one row and a missing digest cause warnings."""
    found = loaded(tmp_path, **{"checks": CHECKS, **values})
    assert len(found) == len(expected)
    assert all(note.startswith(start) for note, start in zip(found, expected, strict=True))


def test_profile(tmp_path: Path) -> None:
    """The profile beside the model comes along; a version with a damaged one, or without, serves, with the reason."""
    bundle = write_bundle(tmp_path / "bundle", regression(), checks=CHECKS)
    file = tmp_path / "bundle" / MODEL_FOLDER / PROFILE_FILE
    profile = FeatureProfile(10, {"feature1": NumberProfile("number", (1.5,), (5, 5))}, None)
    for text, reason in (
        (None, "the version has no profile.json"),
        ("{", "profile.json is not JSON"),
        (profile.to_json(), ""),
    ):
        if text is not None:
            file.write_text(text, encoding="utf-8")
        model = load_model(bundle, tmp_path / "bundle", allow_pickle=False)
        assert (model.profile, model.profile_reason) == (None if reason else profile, reason)
        assert model.predict([(1.0, 1.0, 1.0)]) == [pytest.approx(111.0)]


def test_example_is_answered(tmp_path: Path) -> None:
    """When the model has no finite prediction for the input example, a verification row is published instead."""
    refused = dict.fromkeys((column.name for column in FEATURES), 1e308)
    bundle = write_bundle(tmp_path / "bundle", regression(), checks=CHECKS, example=refused)
    model = load_model(bundle, tmp_path / "bundle", allow_pickle=False)
    assert model.schema.example == CHECKS[0].row
    assert model.schema.json_schema["example"] == CHECKS[0].row
    assert model.predict(model.schema.rows_of([model.schema.example])) == [pytest.approx(111.0)]


def test_example_that_does_not_fit(tmp_path: Path) -> None:
    """The same is true for an example that does not fit the signature."""
    bundle = write_bundle(tmp_path / "bundle", regression(), checks=CHECKS, example={"other": 1})
    assert load_model(bundle, tmp_path / "bundle", allow_pickle=False).schema.example == CHECKS[0].row


def test_nothing_known_of_the_answers(tmp_path: Path) -> None:
    """A version for which no answer is known is refused, with both versions of scikit-learn."""
    expected = rf"saved with scikit-learn 0\.1, served with {re.escape(sklearn.__version__)}\)$"
    with pytest.raises(ModelRefusedError, match=expected):
        loaded(tmp_path, checks=(), library_version="0.1")
