"""Models of every kind whose predictions the service must compute as `mlflow.pyfunc` does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS = 60
_SOURCE = np.random.default_rng(7)


@dataclass(frozen=True)
class Case:
    """A fitted model with its data.

    Attributes:
        estimator: The fitted estimator.
        data: The DataFrame or array that it was fitted on.
        options: Further arguments of `log_model`.
        input_path: The expected form of the input in the service.
        predict_path: The expected kind of computation.
    """

    estimator: Any
    data: Any
    options: dict[str, Any]
    input_path: str
    predict_path: str = "direct"


def _numbers(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(_SOURCE.normal(5, 3, (ROWS, len(names))), columns=names)


def _signed(estimator: Any, data: Any, input_path: str = "matrix", **options: Any) -> Case:
    signature = infer_signature(data, estimator.predict(data))
    predict_path = "scikit-learn" if input_path == "frame" else "direct"
    options = {"signature": signature, "input_example": data[:3], **options}
    return Case(estimator, data, options, input_path, predict_path)


def _doubles() -> Case:
    data = _numbers(["feature1", "feature2", "feature3"])
    return _signed(LinearRegression().fit(data, data.sum(axis=1)), data)


def _floats() -> Case:
    data = _numbers(["a", "b"]).astype("float32")
    return _signed(LinearRegression().fit(data, data.sum(axis=1)), data)


def _floats_and_doubles() -> Case:
    data = _numbers(["a", "b"]).astype({"a": "float32"})
    return _signed(LinearRegression().fit(data, data.sum(axis=1)), data, "frame")


def _integers_and_booleans() -> Case:
    data = pd.DataFrame(
        {
            "count": _SOURCE.integers(-(2**40), 2**40, ROWS),
            "small": _SOURCE.integers(0, 9, ROWS).astype("int32"),
            "flag": _SOURCE.random(ROWS) < 0.5,
        }
    )
    return _signed(HistGradientBoostingRegressor(max_iter=5).fit(data, data["small"]), data)


def _odd_names() -> Case:
    data = _numbers(["class", "model_config", "año de nacimiento", "a b", "schema", "json", "self"])
    return _signed(make_pipeline(StandardScaler(), LinearRegression()).fit(data, data.sum(axis=1)), data)


def _mixed_with_missing() -> Case:
    data = pd.DataFrame(
        {
            "colour": ["red", "blue", None] * (ROWS // 3),
            "size": np.where(_SOURCE.random(ROWS) < 0.2, np.nan, _SOURCE.normal(0, 1, ROWS)),
            "when": pd.to_datetime(["2024-01-01", "2024-02-01T10:00:00"] * (ROWS // 2), format="ISO8601"),
            "big": _SOURCE.random(ROWS) < 0.5,
            "n": _SOURCE.integers(0, 5, ROWS),
        }
    )
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (words, ["colour"]),
        (SimpleImputer(), ["size"]),
        (OneHotEncoder(handle_unknown="ignore"), ["when"]),
        ("passthrough", ["big", "n"]),
    )
    return _signed(make_pipeline(columns, LinearRegression()).fit(data, _SOURCE.normal(0, 1, ROWS)), data, "frame")


def _marked(mark: Any, first: Any, dtype: str = "object") -> Callable[[], Case]:
    """A column of texts with one marker for missing values, and an encoder or imputer fitted for it."""

    def build() -> Case:
        data = pd.DataFrame(
            {
                "colour": pd.Series(["red", "blue", mark] * (ROWS // 3), dtype=dtype),
                "size": _SOURCE.normal(0, 1, ROWS),
            }
        )
        target = data["size"] + pd.Series([0.0, 100.0, 5000.0] * (ROWS // 3))
        columns = make_column_transformer((first, ["colour"]), ("passthrough", ["size"]))
        found = _signed(make_pipeline(columns, LinearRegression()).fit(data, target), data, "frame")
        return replace(found, predict_path="direct" if isinstance(first, OneHotEncoder) else "scikit-learn")

    return build


def _filled_then_encoded(mark: Any) -> Any:
    filled = SimpleImputer(missing_values=mark, strategy="constant", fill_value="none")
    return make_pipeline(filled, OneHotEncoder())


def _numbered_columns() -> Case:
    data = pd.DataFrame(_SOURCE.normal(5, 3, (ROWS, 2)), columns=pd.Index([2019, 2020]))
    return _signed(LinearRegression().fit(data, data.sum(axis=1)), data)


def _numbered_texts() -> Case:
    data = pd.DataFrame({0: ["red", "blue"] * (ROWS // 2), 1: _SOURCE.normal(0, 1, ROWS)})
    columns = make_column_transformer((OneHotEncoder(), [0]), ("passthrough", [1]))
    found = _signed(make_pipeline(columns, LinearRegression()).fit(data, data[1]), data, "frame")
    return replace(found, predict_path="direct")


def _texts() -> pd.DataFrame:
    return pd.DataFrame({"texto": ["hola mundo", "buen día", "mal día", "adiós mundo"] * (ROWS // 4)})


def _unsigned_texts() -> Case:
    data = _texts()
    columns = make_column_transformer((TfidfVectorizer(), "texto"))
    model = make_pipeline(columns, LogisticRegression()).fit(data, [0, 1, 2, 3] * (ROWS // 4))
    return Case(model, data, {}, "frame", "scikit-learn")


def _sequence_of_texts() -> Case:
    data = _texts()["texto"].to_numpy(dtype=str)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(data, [0, 1, 2, 3] * (ROWS // 4))
    return replace(_signed(model, data), input_path="sequence", predict_path="scikit-learn")


def _tensor(dtype: str) -> Callable[[], Case]:
    def build() -> Case:
        data = _SOURCE.normal(5, 3, (ROWS, 4)).astype(dtype)
        return _signed(LinearRegression().fit(data, data.sum(axis=1)), data)

    return build


def _unsigned_named() -> Case:
    data = _numbers(["x", "y"])
    return Case(LinearRegression().fit(data, data.sum(axis=1)), data, {}, "matrix")


def _unsigned_unnamed() -> Case:
    data = _numbers(["x", "y"]).to_numpy()
    return Case(LinearRegression().fit(data, data.sum(axis=1)), data, {}, "matrix")


def _unsigned_categories() -> Case:
    data = pd.DataFrame({"colour": ["red", "blue"] * (ROWS // 2), "size": _SOURCE.normal(0, 1, ROWS)})
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), ("passthrough", ["size"]))
    return Case(make_pipeline(columns, LinearRegression()).fit(data, data["size"]), data, {}, "frame")


def _categories() -> Case:
    data = pd.DataFrame({"colour": ["red", "blue"] * (ROWS // 2), "size": _SOURCE.normal(0, 1, ROWS)})
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), (SimpleImputer(), ["size"]))
    found = _signed(make_pipeline(columns, LinearRegression()).fit(data, data["size"]), data, "frame")
    return replace(found, predict_path="direct")


def _labels(labels: list[Any]) -> Callable[[], Case]:
    def build() -> Case:
        data = _numbers(["a", "b"])
        target = np.array(labels)[(data["a"] > 5).astype(int)]
        return _signed(RandomForestClassifier(5, random_state=1).fit(data, target), data)

    return build


def _several_outputs() -> Case:
    data = _numbers(["a", "b"])
    return _signed(LinearRegression().fit(data, np.column_stack([data["a"], data["b"]])), data)


def _stages() -> Case:
    data = _numbers(["a", "b"])
    target = np.array(["low", "middle", "high"])[(data["a"] > 4).astype(int) + (data["a"] > 6)]
    return _signed(GradientBoostingClassifier(n_estimators=5).fit(data, target), data)


def _several_labels() -> Case:
    data = _numbers(["a", "b"])
    target = np.column_stack([data["a"] > 5, data["b"] > 5]).astype(int)
    return replace(
        _signed(MultiOutputClassifier(LogisticRegression()).fit(data, target), data), predict_path="scikit-learn"
    )


def _probabilities() -> Case:
    data = _numbers(["a", "b"])
    return _signed(LogisticRegression().fit(data, data["a"] > 5), data, pyfunc_predict_fn="predict_proba")


def _calibrated() -> Case:
    data = _numbers(["a", "b"])
    model = CalibratedClassifierCV(RidgeClassifier(), cv=2).fit(data, (data["a"] > 4).astype(int) + (data["b"] > 6))
    return replace(_signed(model, data), predict_path="scikit-learn")


def _searched() -> Case:
    data = _numbers(["a", "b"])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2)
    return _signed(search.fit(data, np.where(data["a"] > 5, "alto", "bajo")), data)


CASES: dict[str, Callable[[], Case]] = {
    "double": _doubles,
    "float": _floats,
    "float and double": _floats_and_doubles,
    "long, integer, boolean": _integers_and_booleans,
    "odd column names": _odd_names,
    "strings, datetimes, missing values": _mixed_with_missing,
    "tensor of doubles": _tensor("float64"),
    "tensor of floats": _tensor("float32"),
    "tensor of integers": _tensor("int64"),
    "categories": _categories,
    "no signature, names": _unsigned_named,
    "no signature, no names": _unsigned_unnamed,
    "no signature, categories": _unsigned_categories,
    "no signature, texts": _unsigned_texts,
    "sequence of texts": _sequence_of_texts,
    "imputer of None": _marked(None, _filled_then_encoded(None)),
    "imputer of NaN": _marked(np.nan, _filled_then_encoded(np.nan)),
    "category None": _marked(None, OneHotEncoder()),
    "category NaN": _marked(np.nan, OneHotEncoder()),
    "category None, others ignored": _marked(None, OneHotEncoder(handle_unknown="ignore")),
    "columns named by numbers": _numbered_columns,
    "texts in a column named by a number": _numbered_texts,
    "string labels": _labels(["no", "yes"]),
    "integer labels": _labels([10, 20]),
    "boolean labels": _labels([False, True]),
    "stages": _stages,
    "several outputs": _several_outputs,
    "several labels": _several_labels,
    "probabilities": _probabilities,
    "calibrated": _calibrated,
    "search": _searched,
}
