"""Loading a skops file imports only the modules of scikit-learn that it names."""

import sys
from pathlib import Path

import pytest
import sklearn.utils
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import all_estimators
from sklearn.utils.estimator_checks import check_estimator

from src.service.flavors.sklearn.estimator_types import import_modules_of, without_estimator_scan


def test_estimator_list_is_restored() -> None:
    """In the block no estimators are listed; afterwards they are again, also after an error."""

    def fail() -> None:
        with without_estimator_scan():
            assert sklearn.utils.all_estimators() == []
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail()
    assert sklearn.utils.all_estimators is all_estimators


def test_modules_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the modules that a file names only those of scikit-learn are imported, without its tests."""
    model = make_pipeline(StandardScaler(), FunctionTransformer(check_estimator), FunctionTransformer(sys.exit))
    skops.io.dump(model, tmp_path / "model.skops")
    asked: list[str] = []
    monkeypatch.setattr("src.service.flavors.sklearn.estimator_types.import_module", asked.append)
    import_modules_of(tmp_path / "model.skops")
    assert asked == [
        "sklearn.pipeline",
        "sklearn.preprocessing._data",
        "sklearn.preprocessing._function_transformer",
    ]
