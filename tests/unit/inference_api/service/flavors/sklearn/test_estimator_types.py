"""skops and a skops file import nothing of scikit-learn but what the file names."""

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


def test_survey_is_put_back() -> None:
    """Without a survey there are no estimators in the block; afterwards there are again, errors notwithstanding."""

    def fail() -> None:
        with without_estimator_scan():
            assert sklearn.utils.all_estimators() == []
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail()
    assert sklearn.utils.all_estimators is all_estimators


def test_modules_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that a file names are imported, those of scikit-learn alone, and none of its test modules."""
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
