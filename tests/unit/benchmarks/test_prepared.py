"""Reading prepared models and checking predictions."""

import json
from pathlib import Path

import pytest

from benchmarks.errors import ServerFailedError
from benchmarks.prepared import PreparedModel, made_with


def _describe(folder: Path, made: str) -> None:
    description = {"made_with": made, "model": "mlflow", "columns": ["a"], "rows": [[1.0], [2.0]], "answers": [10, 20]}
    (folder / "description.json").write_text(json.dumps(description))


def test_model_of_other_versions_is_not_read(tmp_path: Path) -> None:
    """A model that was made with other versions of the libraries may predict other values, or not load."""
    assert PreparedModel.read(tmp_path) is None
    _describe(tmp_path, "something else")
    assert PreparedModel.read(tmp_path) is None
    _describe(tmp_path, made_with())
    found = PreparedModel.read(tmp_path)
    assert found is not None
    assert (found.columns, found.rows) == (("a",), ((1.0,), (2.0,)))


def test_predictions_are_compared_with_the_models(tmp_path: Path) -> None:
    """They have to be equal up to rounding, and numbers; the comparison starts at the given row."""
    _describe(tmp_path, made_with())
    model = PreparedModel.read(tmp_path)
    assert model is not None

    model.check([10.000001, 20], 0)
    model.check([20], 1)
    for wrong in ([10.1], ["10"], [True], [None]):
        with pytest.raises(ServerFailedError, match="row 0 of"):
            model.check(wrong, 0)
