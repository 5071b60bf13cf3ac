"""The estimators that a skops file names, told from everything else without a survey of scikit-learn."""

import sys
from pathlib import Path

import pytest
import sklearn.utils
import skops.io
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - adds its two estimators to the list
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators
from skops.io._trusted_types import SKLEARN_ESTIMATOR_TYPE_NAMES

from src.service.estimator_types import estimators_among, import_modules_of, no_survey

HALVING = {f"sklearn.model_selection._search_successive_halving.Halving{kind}SearchCV" for kind in ("Grid", "Random")}
OTHERS = [
    "sklearn.base.BaseEstimator",
    "sklearn.base.ClassifierMixin",
    "sklearn.utils.all_estimators",
    "sklearn.tree._tree.Tree",
    "sklearn.linear_model.LinearRegression",  # not the name of its own module
    "sklearn.linear_model._base.LinearModel",  # abstract
    "sklearn.linear_model._base.Nothing",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.nothing.Thing",
    "sklearn.tests.test_base.MyEstimator",
    "sklearn.utils.estimator_checks.Thing",
    "sklearn.Nothing",
    "sklearnish.linear_model.LinearRegression",
    "os.system",
    "builtins.eval",
    "sklearn.os.system",
    "",
]


def test_skops_own_list() -> None:
    """Every estimator that skops trusts by its survey is found, so that no model is refused for the lack of it."""
    assert estimators_among(SKLEARN_ESTIMATOR_TYPE_NAMES) | HALVING >= set(SKLEARN_ESTIMATOR_TYPE_NAMES)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names(name: str) -> None:
    """Whatever is no public estimator of scikit-learn is not found, and no test module is imported for it."""
    assert estimators_among([name]) == set()
    assert "sklearn.tests.test_base" not in sys.modules


def test_survey_is_put_back() -> None:
    """Without a survey there are no estimators in the block; afterwards there are again, errors notwithstanding."""

    def fail() -> None:
        with no_survey():
            assert sklearn.utils.all_estimators() == []
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail()
    assert sklearn.utils.all_estimators is all_estimators


def test_modules_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that a file names are imported, those of scikit-learn alone."""
    skops.io.dump(StandardScaler(), tmp_path / "model.skops")
    asked: list[str] = []
    monkeypatch.setattr("src.service.estimator_types.import_module", asked.append)
    import_modules_of(tmp_path / "model.skops")
    assert asked == ["sklearn.preprocessing._data"]
