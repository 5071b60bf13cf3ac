"""Every estimator of scikit-learn that skops can save is loaded; nothing that runs code is."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - adds its two estimators to the list
from sklearn.gaussian_process import kernels
from sklearn.gaussian_process.kernels import Kernel
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, RepeatedStratifiedKFold, ShuffleSplit, TimeSeriesSplit
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances
from skops.io.exceptions import UnsupportedTypeException

from src.service.loading import load_estimator
from src.service.trusted_types import TRUSTED_TYPES

# Seconds each, and nothing in them that the others do not have.
SLOW = {"TSNE", "RFECV", "SequentialFeatureSelector", "LogisticRegressionCV"}
# Their data are texts or dicts, or they need parts that scikit-learn's own test instances leave out.
NOT_TABULAR = {"CountVectorizer", "DictVectorizer", "TfidfVectorizer", "SparseCoder", "FrozenEstimator"}
UNSAVED = {"Birch"}
ESTIMATORS = dict(all_estimators())
TESTED = sorted(set(ESTIMATORS) - SLOW - NOT_TABULAR)

_DATA = np.abs(np.random.default_rng(0).normal(1, 1, (24, 4)))
_LABELS = (_DATA[:, 0] > 1).astype(int)
_INPUTS = [
    (_DATA, _LABELS),
    (_DATA, _DATA.sum(axis=1)),
    (_DATA, np.column_stack([_LABELS, _LABELS])),
    (_DATA[:, 0], _DATA[:, 1]),
    (_DATA @ _DATA.T, _LABELS),
    (_LABELS,),
    ([{1, 2}, {3}],),
]


def fitted(name: str) -> tuple[Any, Any]:
    """An estimator, fitted on the first data that it takes, and these data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rows, few iterations, deprecated classes: quality is not the subject
        estimator = next(iter(_construct_instances(ESTIMATORS[name])))
        if "random_state" in estimator.get_params():
            estimator.set_params(random_state=0)
        for data in _INPUTS:
            try:
                return estimator.fit(*data), data[0]
            except (ValueError, TypeError, AttributeError, IndexError):
                continue
    pytest.fail(f"{name} was fitted on nothing")


def answer(estimator: Any, data: Any) -> Any:
    """What the estimator answers, if it is one that does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in ("predict", "transform"):
            try:
                found = getattr(estimator, method)(data)
            except (AttributeError, ValueError, TypeError, NotFittedError):
                continue
            return found.toarray() if hasattr(found, "toarray") else found
    return None


@pytest.mark.filterwarnings("ignore:Class PassiveAggressive:FutureWarning")  # to be loaded as long as it is there
@pytest.mark.parametrize("name", TESTED)
def test_estimator_is_loaded(name: str, tmp_path: Path) -> None:
    """The estimator comes back from its skops file with the same answers, without a type being trusted by hand."""
    estimator, data = fitted(name)
    file = tmp_path / "model.skops"
    try:
        skops.io.dump(estimator, file)
    except UnsupportedTypeException:
        assert name in UNSAVED
        return
    loaded = load_estimator(file, "skops", allow_pickle=False)
    assert type(loaded) is type(estimator)
    np.testing.assert_array_equal(answer(loaded, data), answer(estimator, data))


SPLITTERS = [KFold(), RepeatedStratifiedKFold(), ShuffleSplit(), TimeSeriesSplit()]


@pytest.mark.parametrize("splitter", SPLITTERS, ids=[type(splitter).__name__ for splitter in SPLITTERS])
def test_search_with_a_splitter(splitter: Any, tmp_path: Path) -> None:
    """The usual ways of cross-validating may be part of a search that is registered whole."""
    skops.io.dump(GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=splitter), tmp_path / "model.skops")
    assert type(load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False).cv) is type(splitter)


def test_list_holds_nothing_that_acts() -> None:
    """The list has parts of estimators alone: no builtins, no modules of the operating system, no way to call names."""
    assert {name.partition(".")[0] for name in TRUSTED_TYPES} == {"numpy", "scipy", "sklearn"}
    functions = {name.rpartition(".")[2] for name in TRUSTED_TYPES}
    assert functions.isdisjoint(
        {"load", "loads", "fromfile", "memmap", "eval", "exec", "system", "FunctionTransformer"}
    )


def test_kernels_are_complete() -> None:
    """Every kernel that scikit-learn has is on the list; what a kernel calls must be on it by itself."""
    found = {name for name, value in vars(kernels).items() if isinstance(value, type) and issubclass(value, Kernel)}
    names = {f"sklearn.gaussian_process.kernels.{name}" for name in found - {"Kernel", "KernelOperator"}}
    assert names <= TRUSTED_TYPES
