"""A bundle on disk becomes a model that may serve."""

from pathlib import Path
from typing import Any

import pytest
import sklearn

from src.service.bundle import Check
from src.service.preparation import load_model
from tests.unit.inference_api.doubles import FEATURES, regression, write_bundle


def loaded(folder: Path, **values: Any) -> tuple[str, ...]:
    """The warnings of a model that was loaded from a bundle."""
    bundle = write_bundle(folder / "bundle", regression(), **values)
    return load_model(bundle, folder / "bundle", allow_pickle=False).warnings


CHECKS = (Check({column.name: 1.0 for column in FEATURES}, 111.0),)
WARNINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"sklearn_version": sklearn.__version__}, []),
    ({"sklearn_version": "0.1"}, [f"saved with scikit-learn 0.1, served with {sklearn.__version__}"]),
    ({"checks": ()}, ["no verification row"]),
    ({"digest_verified": False}, ["the registry holds no digest"]),
    ({"sklearn_version": "0.1", "digest_verified": False}, ["saved with", "the registry holds no digest"]),
]


@pytest.mark.parametrize(("values", "expected"), WARNINGS)
def test_what_an_operator_should_know(values: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    """Another scikit-learn, a model that could not be verified and one without a digest are warned about."""
    found = loaded(tmp_path, **{"checks": CHECKS, **values})
    assert len(found) == len(expected)
    assert all(note.startswith(start) for note, start in zip(found, expected, strict=True))
