"""scikit-learn's own types are loaded from a skops file, at any position in a model; dangerous ones are not."""

import json
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.spatial.distance
import scipy.special
import scipy.stats
import skops.io
from joblib import Memory
from scipy.sparse import find, issparse
from sklearn import config_context, model_selection
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.decomposition import SparseCoder
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401 - add their estimators
from sklearn.feature_extraction import text
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import kernels
from sklearn.gaussian_process.kernels import Kernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer_names, pairwise
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.neighbors import VALID_METRICS, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, scale
from sklearn.svm import SVC
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances
from sklearn.utils.validation import check_array
from skops.io import _persist
from skops.io._trusted_types import SKLEARN_ESTIMATOR_TYPE_NAMES
from skops.io.exceptions import UnsupportedTypeException

from src.service.flavors.sklearn.loader import load_estimator
from src.service.flavors.sklearn.trusted_types import (
    in_trusted_package,
    is_missing,
    is_trusted_class,
    is_trusted_function,
    is_trusted_named_tuple,
    is_trusted_type,
    is_trusted_value,
)

ESTIMATORS = dict(all_estimators())
# The others are all loaded. Each of these is refused before that, by skops when it is saved.
NOT_SAVED = {
    "Birch": "skops: its tree of nodes refers to itself",
}
_DATA = np.abs(np.random.default_rng(0).normal(1, 1, (24, 4)))
_LABELS = (_DATA[:, 0] > 1).astype(int)
_FRAME = pd.DataFrame(_DATA, columns=list("abcd"))
_TEXTS = ["uno dos", "tres", "dos tres", "uno"] * 6
_INPUTS: list[tuple[Any, ...]] = [
    (_DATA, _LABELS),
    (_DATA, _DATA.sum(axis=1)),
    (_DATA, np.column_stack([_LABELS, _LABELS])),
    (_DATA[:, 0], _DATA[:, 1]),
    (_DATA @ _DATA.T, _LABELS),
    (_LABELS,),
    ([{1, 2}, {3}],),
    ([{"a": 1.0, "b": "x"}, {"a": 2.0}],),
    (_TEXTS,),
]
# These accept any data.
_OWN_INPUT: dict[str, Any] = {
    "FeatureHasher": [{"a": 1.0, "b": 2.0}, {"a": 2.0}],
    "HashingVectorizer": _TEXTS,
    "PatchExtractor": np.ones((2, 10, 10)),
}
_ERRORS = (ValueError, TypeError, AttributeError, IndexError)


@pytest.fixture(scope="module", autouse=True)
def _schemas_on_one_line() -> Iterator[None]:
    """Skops indents a file's schema, which takes `json` most of the time of these tests; loading ignores it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_persist, "json", SimpleNamespace(dumps=lambda state, **_layout: json.dumps(state)))
        yield


def constant_score(_estimator: Any, _features: Any, _target: Any = None) -> float:
    """A user's own scorer, which no server has."""
    return 0.0


def chosen_columns(_frame: pd.DataFrame) -> list[str]:
    """A user's own column selector."""
    return ["a", "c"]


def instance(name: str) -> Any:
    """An estimator that is quick to fit."""
    if name == "FrozenEstimator":
        return FrozenEstimator(Ridge().fit(_DATA, _LABELS))
    if name == "SparseCoder":
        return SparseCoder(np.eye(4))
    estimator = next(iter(_construct_instances(ESTIMATORS[name])))
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    return estimator


@cache
def fitted(name: str) -> tuple[Any, tuple[Any, ...]]:
    """An estimator, fitted on the first data that it takes, and these data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rows, few iterations, deprecated classes: quality is not the subject
        for data in [(_OWN_INPUT[name],)] if name in _OWN_INPUT else _INPUTS:
            try:
                return instance(name).fit(*data), data
            except _ERRORS:
                continue
    pytest.fail(f"{name} was fitted on nothing")


def answers(estimator: Any, data: Any) -> dict[str, Any]:
    """What the estimator's methods answer."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in ("predict", "predict_proba", "transform"):
            if hasattr(estimator, method):
                answer = getattr(estimator, method)(data)
                found[method] = np.column_stack(find(answer)) if issparse(answer) else answer
    return found


def loaded(estimator: Any, folder: Path) -> Any:
    """The estimator loaded from its file."""
    skops.io.dump(estimator, folder / "model.skops")
    return load_estimator(folder / "model.skops", "skops", allow_pickle=False)


def assert_same(estimator: Any, data: Any, folder: Path, *, answering: bool = True) -> Any:
    """The loaded estimator answers the same; return it."""
    found, expected = loaded(estimator, folder), answers(estimator, data)
    assert type(found) is type(estimator)
    assert bool(expected) or not answering
    for method, answer in answers(found, data).items():
        if np.asarray(answer).dtype.kind == "f":
            # BLAS computes differently for another alignment in memory.
            np.testing.assert_allclose(answer, expected[method], rtol=1e-12)
        else:
            np.testing.assert_array_equal(answer, expected[method])
    return found


ignore_deprecated = pytest.mark.filterwarnings(
    "ignore:Class PassiveAggressive:FutureWarning"  # to be loaded as long as it is there
)


@ignore_deprecated
@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_estimator(name: str, tmp_path: Path) -> None:
    """Every estimator of scikit-learn has the same results after loading."""
    estimator, data = fitted(name)
    if name in NOT_SAVED:
        with pytest.raises(UnsupportedTypeException):
            skops.io.dumps(estimator)
        return
    assert_same(estimator, data[0], tmp_path, answering=False)


@ignore_deprecated
@pytest.mark.parametrize("name", sorted(ESTIMATORS.keys() - NOT_SAVED.keys()))
def test_estimator_as_a_step(name: str, tmp_path: Path) -> None:
    """Every estimator is loaded as a step of a pipeline."""
    estimator, data = fitted(name)
    model = make_pipeline(FunctionTransformer(), estimator)
    assert_same(model, data[0], tmp_path, answering=False)


@ignore_deprecated
@pytest.mark.parametrize("name", sorted(ESTIMATORS.keys() - NOT_SAVED.keys()))
def test_estimator_in_a_search(name: str, tmp_path: Path) -> None:
    """Every estimator is loaded as the best one of a search; the search's own scorer is left out."""
    estimator, data = fitted(name)
    everything = np.arange(len(data[0]))
    model = make_pipeline(FunctionTransformer(), FrozenEstimator(estimator))
    search = GridSearchCV(model, {}, scoring=constant_score, cv=[(everything, everything)])
    found = assert_same(search.fit(*data), data[0], tmp_path, answering=False)
    assert type(found.best_estimator_[-1].estimator) is type(estimator)
    assert (found.scoring, found.scorer_) == (None, None)


NOT_IN_COLUMNS = {
    "of other data": {
        "CountVectorizer", "DictVectorizer", "FeatureHasher", "HashingVectorizer", "IsotonicRegression",
        "LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer", "PatchExtractor", "TfidfVectorizer",
    },
    "transform when the estimator inside does": {
        "GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "Pipeline", "RandomizedSearchCV",
    },
}  # fmt: skip
TRANSFORMERS = {name for name, kind in ESTIMATORS.items() if hasattr(kind, "transform")}


@pytest.mark.parametrize("name", sorted(TRANSFORMERS - set().union(NOT_SAVED, *NOT_IN_COLUMNS.values())))
def test_estimator_in_a_column_transformer(name: str, tmp_path: Path) -> None:
    """Every transformer of numbers is loaded as a part of a column transformer whose columns a selector chose."""
    estimator, data = fitted(name)
    columns = ColumnTransformer([("part", FrozenEstimator(estimator), make_column_selector(dtype_include=np.number))])
    table = pd.DataFrame(data[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fitted without names
        columns.fit(table, data[1])
    assert_same(columns, table, tmp_path)


def early_stopping() -> Any:
    """A boosting that stops by a scorer keeps a method of its own."""
    return HistGradientBoostingClassifier(max_iter=2, early_stopping=True, scoring="accuracy").fit(_DATA, _LABELS)


def requesting() -> Any:
    """An estimator that asks for weights is the owner of its request."""
    with config_context(enable_metadata_routing=True):
        return Ridge().set_fit_request(sample_weight=True)


def discrete() -> Any:
    """A discrete distribution, unlike a continuous one, refers to itself."""
    return RandomizedSearchCV(RandomForestRegressor(), {"max_depth": scipy.stats.randint(1, 4)})


@pytest.mark.parametrize("model", [early_stopping, requesting, discrete])
def test_not_saved(model: Callable[[], Any]) -> None:
    """Saving these fails in skops, so that no such file reaches the service."""
    with pytest.raises(RecursionError):
        skops.io.dumps(model())


SPLITTERS: dict[str, Any] = {
    "GroupKFold": {"n_splits": 2},
    "GroupShuffleSplit": {"n_splits": 2},
    "KFold": {"n_splits": 2},
    "LeaveOneGroupOut": {},
    "LeaveOneOut": {},
    "LeavePGroupsOut": {"n_groups": 1},
    "LeavePOut": {"p": 1},
    "PredefinedSplit": {"test_fold": [0, 1] * 12},
    "RepeatedKFold": {"n_splits": 2, "n_repeats": 1},
    "RepeatedStratifiedKFold": {"n_splits": 2, "n_repeats": 1},
    "ShuffleSplit": {"n_splits": 2},
    "StratifiedGroupKFold": {"n_splits": 2},
    "StratifiedKFold": {"n_splits": 2},
    "StratifiedShuffleSplit": {"n_splits": 2},
    "TimeSeriesSplit": {"n_splits": 2},
}


def test_all_splitters_are_tried() -> None:
    """A splitter that a new scikit-learn brings is tried as well."""
    public = {name: getattr(model_selection, name) for name in model_selection.__all__}
    assert SPLITTERS.keys() == {
        name
        for name, kind in public.items()
        if isinstance(kind, type) and hasattr(kind, "get_n_splits") and not name.startswith("Base")
    }


@pytest.mark.parametrize("name", sorted(SPLITTERS))
def test_splitter(name: str, tmp_path: Path) -> None:
    """Every splitter is loaded as part of a search."""
    splitter = getattr(model_selection, name)(**SPLITTERS[name])
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=splitter, scoring="neg_mean_squared_error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # most need no groups
        search.fit(_DATA, _LABELS, groups=[0, 1, 2, 3] * 6)
    assert type(assert_same(search, _DATA, tmp_path).cv) is type(splitter)


@pytest.mark.parametrize("name", get_scorer_names())
def test_scorer(name: str, tmp_path: Path) -> None:
    """A search with any scorer that scikit-learn names is loaded."""
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=name, cv=2, error_score=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some scorers are for other targets
        search.fit(_DATA, _LABELS)
    assert_same(search, _DATA, tmp_path)


_MIXED = _FRAME.assign(
    kind=pd.Series(["n", "s"] * 12, dtype="category"),
    yes=[True, False] * 12,
    day=pd.date_range("2024-01-01", periods=24),
)
SELECTORS: dict[str, Any] = {
    "pattern": make_column_selector(pattern="^[ab]"),
    "number": make_column_selector(dtype_include=np.number),
    "number by name": make_column_selector(dtype_include="number"),
    "float": make_column_selector(dtype_include=float),
    "float64": make_column_selector(dtype_include=np.float64),
    "bool": make_column_selector(dtype_include=bool),
    "several": make_column_selector(dtype_include=[bool, "float"]),
    "not": make_column_selector(dtype_exclude=["category", object, "datetime"]),
    "pandas' type": make_column_selector(dtype_exclude=[pd.CategoricalDtype, np.datetime64]),
    "own": chosen_columns,
    "slice": slice(0, 2),
    "mask": [True, False, True, False, False, False, False],
}


@pytest.mark.parametrize("name", sorted(SELECTORS))
def test_selector(name: str, tmp_path: Path) -> None:
    """A column transformer is loaded with any column selector, because the columns are selected already."""
    columns = make_column_transformer((StandardScaler(), SELECTORS[name]))
    assert_same(make_pipeline(columns, Ridge()).fit(_MIXED, _LABELS), _MIXED, tmp_path)


def test_categories_of_histogram_boosting(tmp_path: Path) -> None:
    """Categorical features are loaded, by their type and by name, with an encoder before them and without."""
    table = _MIXED[["a", "kind"]]
    encoded = make_column_transformer(
        (OrdinalEncoder(), make_column_selector(dtype_include="category")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    boosting = HistGradientBoostingClassifier(max_iter=2)
    for model in (
        boosting,
        clone(boosting).set_params(categorical_features=["kind"]),
        make_pipeline(
            encoded.set_output(transform="pandas"), clone(boosting).set_params(categorical_features=["kind"])
        ),
    ):
        assert_same(model.fit(table, _LABELS), table, tmp_path)


SEARCHES: dict[str, Any] = {
    "distribution": RandomizedSearchCV(Ridge(), {"alpha": scipy.stats.loguniform(1, 2)}, n_iter=2, random_state=0),
    "halving": HalvingRandomSearchCV(Ridge(), {"alpha": scipy.stats.uniform(1, 2)}, random_state=0),
    "generator": RandomizedSearchCV(Ridge(), {"alpha": [1, 2]}, n_iter=2, random_state=np.random.RandomState(0)),
    "several scores": GridSearchCV(
        Ridge(), {"alpha": [1, 2]}, scoring={"one": "r2", "own": constant_score}, refit=lambda _results: 0
    ),
    "estimators": GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()), {"standardscaler": [StandardScaler(), FunctionTransformer(id)]},
        error_score=-9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_search(name: str, tmp_path: Path) -> None:
    """A search is loaded without the parameters that it tried and its scorers, which predicting does not use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a candidate that cannot be fitted
        search = SEARCHES[name].set_params(cv=2).fit(_DATA, _LABELS.astype(float))
    assert_same(search, _DATA, tmp_path)


@pytest.mark.parametrize("metric", sorted({*VALID_METRICS["ball_tree"], *VALID_METRICS["brute"]} - {"precomputed"}))
def test_metric_of_neighbours(metric: str, tmp_path: Path) -> None:
    """Neighbours by any distance are loaded."""
    more = {"minkowski": {"p": 3}, "seuclidean": {"V": np.ones(4)}, "mahalanobis": {"VI": np.eye(4)}}.get(metric)
    if metric == "pyfunc":
        more = {"func": scipy.spatial.distance.cosine}
    data = _DATA[:, :2] if metric == "haversine" else _DATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers taken for booleans
        assert_same(KNeighborsRegressor(metric=metric, metric_params=more).fit(data, _LABELS), data, tmp_path)


FUNCTIONS: list[Any] = [
    np.log1p, np.nan_to_num, np.clip, np.asarray, np.float32, np.linalg.norm, scipy.special.expit,
    scipy.special.softmax, scipy.stats.zscore, scale, abs, check_array, partial(np.clip, a_min=0, a_max=1),
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_of_arrays(function: Any, tmp_path: Path) -> None:
    """A transformer by a function that computes with arrays is loaded."""
    arguments = {"a_min": 0, "a_max": 1} if function is np.clip else {}
    assert_same(FunctionTransformer(function, kw_args=arguments).fit(_DATA), _DATA, tmp_path)


OTHERS: dict[str, Any] = {
    "kernel function": SVC(kernel=pairwise.rbf_kernel).fit(_DATA, _LABELS),
    "distance function": KNeighborsRegressor(metric=scipy.spatial.distance.cosine).fit(_DATA, _LABELS),
    "method of a scaler": FunctionTransformer(StandardScaler().fit(_DATA).transform),
    "own score of features": make_pipeline(SelectKBest(f_classif, k=2).fit(_DATA, _LABELS)),
    "own initial centres": KMeans(2, n_init=1),
    "own statistic": SimpleImputer(strategy=np.mean).fit(_DATA),
    "callback": LogisticRegression().set_callbacks(ScoringMonitor(scoring="accuracy")).fit(_DATA, _LABELS),
    "random state": RandomForestRegressor(2, random_state=np.random.RandomState(1)).fit(_DATA, _LABELS),
    "cache of a pipeline": make_pipeline(StandardScaler(), Ridge(), memory="nowhere"),
    "cache of joblib": make_pipeline(StandardScaler(), Ridge(), memory=Memory(None)).fit(_DATA, _LABELS),
}
OTHERS["own initial centres"].set_params(init="random").fit(_DATA).set_params(init=constant_score)
OTHERS["own statistic"].strategy = chosen_columns
OTHERS["own score of features"].steps[0][1].score_func = constant_score
OTHERS["cache of a pipeline"].steps = make_pipeline(StandardScaler(), Ridge()).fit(_DATA, _LABELS).steps


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_others(name: str, tmp_path: Path) -> None:
    """Functions and objects that estimators take as parameters are loaded."""
    assert_same(OTHERS[name], _DATA, tmp_path)


def test_vectorizer_of_texts(tmp_path: Path) -> None:
    """A vectorizer with a function of scikit-learn for its texts is loaded."""
    for vectorizer in (text.CountVectorizer(), text.TfidfVectorizer(), text.HashingVectorizer(n_features=16)):
        vectorizer.set_params(preprocessor=text.strip_accents_unicode)
        model = make_pipeline(vectorizer, LogisticRegression())
        assert_same(model.fit(_TEXTS, _LABELS), _TEXTS, tmp_path)


def test_encoder_with_a_type(tmp_path: Path) -> None:
    """An encoder whose output has a type and a form of its own is loaded."""
    encoder = OneHotEncoder(dtype=np.float32, sparse_output=False).set_output(transform="pandas")
    assert_same(encoder.fit(_MIXED[["kind"]]), _MIXED[["kind"]], tmp_path)


def test_estimators_that_skops_trusts() -> None:
    """Every estimator in skops' own list is trusted."""
    names = [name.rpartition(".") for name in SKLEARN_ESTIMATOR_TYPE_NAMES]
    assert [name for name in names if not is_trusted_class(name[0], name[2])] == []


def test_kernels_are_complete() -> None:
    """Every kernel that scikit-learn has is trusted."""
    found = [value for value in vars(kernels).values() if isinstance(value, type) and issubclass(value, Kernel)]
    assert len(found) > 10
    assert all(is_trusted_class(kernel.__module__, kernel.__name__) for kernel in found)


NOT_TRUSTED = [
    "sklearn.linear_model.LinearRegression",  # not the name of its own module
    "sklearn.linear_model._base.Nothing",
    "sklearn.linear_model._base.sp.io.loadmat",
    "sklearn.base.BaseEstimator",
    "sklearn.base.warnings",
    "sklearn.calibration.partial",
    "sklearn.datasets._base.load_files",
    "sklearn.datasets._openml.fetch_openml",
    "sklearn.datasets.clear_data_home",
    "sklearn.externals.array_api_compat.common._helpers.os",
    "sklearn.inspection._plot.partial_dependence.PartialDependenceDisplay",
    "sklearn.linear_model.tests.test_base.test_linear_regression",
    "sklearn.metrics._plot.roc_curve.RocCurveDisplay",
    "sklearn.neighbors._base.Parallel",
    "sklearn.nothing.Thing",
    "sklearn.tree._export._DOTTreeExporter",
    "sklearn.tree._splitter.BestSplitter",
    "scipy.special._ufuncs.seterr",
    "scipy.special._ufuncs.expit",
    "sklearn.pipeline.check_memory",
    "sklearn.preprocessing._data.np.load",
    "sklearn.svm._base.warnings",
    "sklearn.tests.test_base.MyEstimator",
    "sklearn.tree._export.export_graphviz",
    "sklearn.utils._testing.assert_run_python_script_without_output",
    "sklearn.utils.all_estimators",
    "sklearn.utils.discovery.all_estimators",
    "sklearn.utils.estimator_checks.check_estimator",
    "sklearn.utils.fixes.tarfile_extractall",
    "sklearn.utils.parallel._FuncWrapper",
    "sklearn.utils.validation.check_memory",
    "sklearn.utils.validation.joblib",
    "sklearn._loss.loss.np",
    "sklearn.os.system",
    "sklearn.Nothing",
    "sklearn._config.set_config",
    "sklearnish.linear_model._base.LinearRegression",
    "joblib.numpy_pickle.load",
    "joblib.memory.Memory",
    "numpy.load",
    "numpy.save",
    "numpy.savetxt",
    "numpy.fromfile",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "numpy.memmap",
    "numpy.vectorize",
    "numpy.frompyfunc",
    "numpy.lib._function_base_impl.add_newdoc",
    "numpy.lib._npyio_impl.load",
    "numpy.f2py.compile",
    "numpy.ctypeslib.load_library",
    "numpy.testing.rundocs",
    "scipy.io.matlab._mio.loadmat",
    "scipy.io.loadmat",
    "scipy.datasets._fetchers.face",
    "scipy.stats._distn_infrastructure.rv_continuous_frozen",
    "scipy.stats._continuous_distns.uniform_gen",
    "scipy.stats._distribution_infrastructure.make_distribution",
    "scipy.special.os",
    "pandas.read_pickle",
    "pandas.io.pickle.read_pickle",
    "builtins.eval",
    "builtins.exec",
    "builtins.getattr",
    "builtins.open",
    "builtins.__import__",
    "builtins.type",
    "functools.partial",
    "functools.reduce",
    "io.open",
    "operator.methodcaller",
    "operator.attrgetter",
    "posix.system",
    "subprocess.Popen",
    "__main__.anything",
    "",
]


@pytest.mark.parametrize("name", NOT_TRUSTED)
def test_not_trusted(name: str) -> None:
    """What reads, writes, downloads, imports or runs code is never trusted, also under another module's name."""
    module, _, last = name.rpartition(".")
    assert not is_trusted_class(module, last)
    assert not is_trusted_function(module, last)
    assert not is_trusted_named_tuple(module, last)
    assert not is_trusted_type(module, last)
    assert not is_trusted_value(module, last)


def test_functions_are_no_classes() -> None:
    """A function is not trusted as a class, which loading would call, nor a class as a function."""
    assert is_trusted_function("sklearn.preprocessing._data", "scale")
    assert not is_trusted_class("sklearn.preprocessing._data", "scale")
    assert not is_trusted_function("sklearn.preprocessing._data", "StandardScaler")
    assert not is_trusted_named_tuple("sklearn.preprocessing._data", "StandardScaler")


def test_missing() -> None:
    """A name that the installed scikit-learn does not have is distinguished from one that is not trusted."""
    assert is_missing("sklearn.linear_model._base", "Nothing")
    assert is_missing("sklearn.linear_model.gone", "LinearRegression")
    assert is_missing("_loss", "CyHalfBinomialLoss")
    assert not is_missing("sklearn.linear_model._base", "LinearRegression")
    assert not is_missing("sklearn.datasets", "load_nothing")


@pytest.mark.parametrize("module", ["sklearn", "sklearn.datasets", "sklearn.externals", "sklearn.utils", "os"])
def test_packages_that_are_not_trusted(module: str) -> None:
    """Modules without estimators are not imported for a file."""
    assert not in_trusted_package(module)
