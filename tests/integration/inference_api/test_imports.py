"""The imports of the serving process, tested in new processes: pandas only for models that need it, MLflow never."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import loading_process
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from lightgbm import LGBMRegressor
from scipy.stats import uniform
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, QuantileTransformer, SplineTransformer
from sklearn.svm import SVR
from xgboost import XGBRegressor

from src.service.content_digest import content_digest
from src.service.registry.bundle import MODEL_FOLDER
from tests.unit.inference_api.doubles import checked_bundle, regression, write_bundle

pytestmark = pytest.mark.integration

DATA = np.abs(np.random.default_rng(3).normal(2, 1, (60, 3)))
TARGET = DATA.sum(axis=1)
LABELS = (TARGET > 6).astype(int)
ESTIMATORS: dict[str, Any] = {
    # Imports are checked for the first two; the others call SciPy.
    "0 linear": LinearRegression().fit(DATA, TARGET),
    "0 search": RandomizedSearchCV(Ridge(), {"alpha": uniform(1, 2)}, n_iter=2, scoring="r2").fit(DATA, TARGET),
    "forest": RandomForestClassifier(5, random_state=0).fit(DATA, LABELS),
    "boosting": HistGradientBoostingRegressor(max_iter=5).fit(DATA, TARGET),
    "logistic": LogisticRegression().fit(DATA, LABELS),
    "mode of neighbours": KNeighborsClassifier().fit(DATA, LABELS),
    "neighbours": KNeighborsRegressor().fit(DATA, TARGET),
    "normal quantiles": make_pipeline(
        QuantileTransformer(n_quantiles=20, output_distribution="normal"), LinearRegression()
    ).fit(DATA, TARGET),
    "power": make_pipeline(PowerTransformer(), LinearRegression()).fit(DATA, TARGET),
    "splines": make_pipeline(SplineTransformer(), LinearRegression()).fit(DATA, TARGET),
    "network": MLPRegressor(hidden_layer_sizes=(4,), tol=1.0, random_state=0).fit(DATA, TARGET),
    "vectors": SVR().fit(DATA, TARGET),
}
NOT_TO_IMPORT = {"tests", "externals", "setup", "conftest", "experimental", "estimator_checks", "_build_utils"}


def run(folder: Path, *steps: list[Any]) -> list[Any]:
    """Run the steps in a new process; returns its answers."""
    file = folder / "steps.json"
    file.write_text(json.dumps(steps))
    command = [sys.executable, loading_process.__file__, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_matrix_model_then_frame_model(tmp_path: Path) -> None:
    """A model of numbers is served without pandas; one that needs DataFrames imports it; both predict correctly."""
    table = pd.DataFrame({"colour": ["red", "blue"] * 10, "size": np.arange(20.0)})
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["size"]))
    mixed = make_pipeline(columns, LinearRegression()).fit(table, table["size"] * 2)
    described = checked_bundle(mixed, table)
    values = {name: getattr(described, name) for name in ("columns", "named", "example", "checks")}
    write_bundle(tmp_path / "numbers", regression())
    write_bundle(tmp_path / "mixed", mixed, **values)
    numbers, frames = ["load", str(tmp_path / "numbers")], ["load", str(tmp_path / "mixed")]
    heavy: list[Any] = ["heavy"]
    found = run(tmp_path, ["application"], numbers, heavy, frames, heavy, numbers)
    assert found[1] == ["matrix", pytest.approx(regression().predict([[5.3, 2.1, 0.8]])[0])]
    assert found[2] == []
    assert found[3] == ["frame", pytest.approx(mixed.predict(table[:1])[0])]
    assert "pandas" in found[4]
    assert "mlflow" not in found[4]
    assert found[5] == found[1]


def write_boosted(folder: Path, estimator: Any, file: str, table: pd.DataFrame) -> list[Any]:
    """Put a model of XGBoost or LightGBM into a folder, as a fetch does; returns the step that loads it."""
    library = type(estimator).__module__.partition(".")[0]
    (folder / MODEL_FOLDER).mkdir(parents=True)
    path = folder / MODEL_FOLDER / file
    estimator.save_model(path) if library == "xgboost" else skops.io.dump(estimator, path)
    checked_bundle(
        estimator,
        table,
        model_file=file,
        flavor=library,
        model_class=f"{library}.sklearn.{type(estimator).__name__}",
        content_sha256=content_digest(folder / MODEL_FOLDER),
    ).write(folder)
    return ["load", str(folder)]


def test_boosted_models(tmp_path: Path) -> None:
    """Models of XGBoost and LightGBM are served without pandas; with it they predict for DataFrames as well."""
    doubles = pd.DataFrame(DATA, columns=["a", "b", "c"])
    mixed = doubles.astype({"a": "float32"})
    steps: list[list[Any]] = []
    expected: list[float] = []
    for table in (doubles, mixed):
        for estimator, file in (
            (XGBRegressor(n_estimators=3, n_jobs=1), "model.ubj"),
            (LGBMRegressor(n_estimators=3, n_jobs=1, verbose=-1), "model.skops"),
        ):
            fitted: Any = estimator.fit(table, TARGET)
            steps.append(write_boosted(tmp_path / str(len(steps)), fitted, file, table))
            expected.append(fitted.predict(table[:1]).tolist()[0])
    found = run(tmp_path, *steps[:2], ["heavy"], *steps[2:], ["heavy"], *steps[:2])
    assert found[2] == []
    assert "pandas" in found[5]
    paths = ["matrix", "matrix", "frame", "frame", "matrix", "matrix"]
    assert [*found[:2], *found[3:5], *found[6:]] == [
        list(pair) for pair in zip(paths, [*expected, *expected[:2]], strict=True)
    ]


def test_predictions_are_the_same(tmp_path: Path) -> None:
    """With lazy imports every estimator has the same predictions, also those that call a lazily imported package."""
    np.save(tmp_path / "data.npy", DATA)
    for name, estimator in ESTIMATORS.items():
        skops.io.dump(estimator, tmp_path / f"{name}.skops")
    (found,) = run(tmp_path, ["answers", str(tmp_path), str(tmp_path / "data.npy")])
    assert [name for name, _answers, _heavy in found] == sorted(ESTIMATORS)
    for name, answers, _heavy in found:
        np.testing.assert_allclose(answers, ESTIMATORS[name].predict(DATA), rtol=1e-12, err_msg=name)
    assert [heavy for _name, _answers, heavy in found[:2]] == [[], []]
    imported = {name: heavy for name, _answers, heavy in found}
    assert "scipy.stats" in imported["power"]  # needed for the mode of the neighbours, and imported once in the process
    assert "pandas" not in imported["power"]  # scikit-learn's splines, which come later, import it


def test_isotonic_regression(tmp_path: Path) -> None:
    """A model that stores a function of SciPy predicts although SciPy was imported lazily."""
    model = IsotonicRegression().fit(DATA[:, 0], TARGET)
    np.save(tmp_path / "data.npy", DATA[:, 0])
    skops.io.dump(model, tmp_path / "isotonic.skops")
    ((_name, answers, _heavy),) = run(tmp_path, ["answers", str(tmp_path), str(tmp_path / "data.npy")])[0]
    np.testing.assert_allclose(answers, model.predict(DATA[:, 0]))


def test_all_of_scikit_learn(tmp_path: Path) -> None:
    """Every module of scikit-learn can be imported with lazy imports."""
    found = [module.name for module in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda _name: None)]
    names = [name for name in found if NOT_TO_IMPORT.isdisjoint(name.split("."))]
    (tmp_path / "names.json").write_text(json.dumps(names))
    assert len(names) > 300
    assert [
        problem for problem in run(tmp_path, ["modules", str(tmp_path / "names.json")])[0] if "pytest" not in problem
    ] == []
