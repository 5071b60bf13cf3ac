"""The columns of a model that was logged without a signature."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, VotingRegressor
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from src.errors import ModelRefusedError
from src.service.fetching.signature_inference import find_signature
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.prediction.candidate_encoders import pyfunc_encoders
from src.service.prediction.outputs import is_json, unpack_answers
from src.service.schema.column import Column
from src.service.schema.signature import Signature, text_signature
from src.service.schema.validator import Schema

FLAVOR = SklearnFlavor()
SOURCE = np.random.default_rng(3)
NUMBERS = pd.DataFrame(SOURCE.normal(0, 1, (20, 2)), columns=["a b", "año"])
MIXED = pd.DataFrame({"colour": ["red", "blue"] * 10, "size": NUMBERS["a b"]})
TARGET = NUMBERS.sum(axis=1)
LABELS = [0, 1] * 10
TEXTS = pd.DataFrame({"texto": ["hola mundo", "buen día", "mal día", "adiós mundo"] * 5, "n": NUMBERS["año"]})


def find(estimator: Any, example: Any = None) -> Signature:
    """The columns that are found with the estimator in place of pyfunc, which does the same without a signature."""

    def has_answer(signature: Signature, row: dict[str, Any]) -> bool:
        schema = Schema(signature.columns, {})
        if not schema.fits(row):
            return False
        markers = [column.markers for column in FLAVOR.fitted_columns(estimator, len(signature.columns))]
        for encoder in pyfunc_encoders(signature, markers):
            try:
                return is_json(unpack_answers(estimator.predict(encoder.encode(schema.rows_of([row]))), 1)[0])
            except Exception:  # noqa: BLE001 - no answer, whatever the reason
                continue
        return False

    return find_signature(FLAVOR, estimator, example, has_answer)


def test_by_names() -> None:
    """The fields are the names that the model was fitted with; a column whose value may not be missing is required."""
    found = find(LinearRegression().fit(NUMBERS, TARGET))
    assert found == Signature((Column("a b", "number", "float64"), Column("año", "number", "float64")), named=True)


def test_without_names() -> None:
    """A model that was fitted on an array has the fields feature1, feature2 and so on."""
    found = find(LinearRegression().fit(NUMBERS.to_numpy(), TARGET))
    assert [column.name for column in found.columns] == ["feature1", "feature2"]
    assert found.named is False


def test_nothing_known() -> None:
    """A model without any information about its columns is refused; the reason tells how to log a signature."""
    with pytest.raises(ModelRefusedError, match=r"does not know the columns .* signature=infer_signature\(X"):
        find(KMeans())


_COLUMNS = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["size"]))
_PIPELINE = make_pipeline(_COLUMNS, Ridge())
CATEGORICAL = {
    "pipeline": _PIPELINE,
    "search": GridSearchCV(_PIPELINE, {"ridge__alpha": [1, 2]}, cv=2),
    "ensemble": VotingRegressor([("one", _PIPELINE)]),
    "target": TransformedTargetRegressor(_PIPELINE),
    "union": make_pipeline(make_union(_COLUMNS), Ridge()),
    "ordinal": make_pipeline(make_column_transformer((OrdinalEncoder(), ["colour"]), remainder="passthrough"), Ridge()),
    "imputed": make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["colour"]),
            (SimpleImputer(), ["size"]),
        ),
        Ridge(),
    ),
}


@pytest.mark.parametrize("name", CATEGORICAL)
def test_categories_are_texts(name: str) -> None:
    """The categories of an encoder, at any depth, show that its column is text; the others are numbers."""
    found = find(CATEGORICAL[name].fit(MIXED, TARGET))
    assert [(column.name, column.kind) for column in found.columns] == [("colour", "string"), ("size", "number")]


def test_calibrated_model() -> None:
    """The model inside a calibrated classifier is inspected, although its wrapper has no parameters."""
    pipeline = make_pipeline(_COLUMNS, LogisticRegression())
    found = find(CalibratedClassifierCV(pipeline, cv=2).fit(MIXED, [0, 0, 1, 1] * 5))
    assert [column.kind for column in found.columns] == ["string", "number"]


def test_what_may_be_missing() -> None:
    """A value may be missing when the model still predicts: with an imputer, or for boosting."""
    found = find(CATEGORICAL["imputed"].fit(MIXED, TARGET))
    assert [column.required for column in found.columns] == [False, False]
    found = find(HistGradientBoostingRegressor(max_iter=2).fit(NUMBERS, TARGET))
    assert [column.required for column in found.columns] == [False, False]
    found = find(_PIPELINE.fit(MIXED, TARGET))
    assert [column.required for column in found.columns] == [True, True]


@pytest.mark.parametrize("vectorizer", [TfidfVectorizer(), CountVectorizer(), HashingVectorizer(n_features=16)])
def test_texts_in_a_column(vectorizer: Any) -> None:
    """A vectorizer shows that its column is text, also one without a vocabulary."""
    columns = make_column_transformer((vectorizer, "texto"), (StandardScaler(), ["n"]))
    found = find(make_pipeline(columns, LogisticRegression()).fit(TEXTS, LABELS))
    assert [(column.name, column.kind) for column in found.columns] == [("texto", "string"), ("n", "number")]


TEXT_MODELS = {
    "pipeline": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "search": GridSearchCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), {}, cv=2),
    "union": make_pipeline(make_union(TfidfVectorizer(), HashingVectorizer(n_features=8)), LogisticRegression()),
    "passed through": make_pipeline("passthrough", TfidfVectorizer(), LogisticRegression()),
}


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_sequences_of_texts(name: str) -> None:
    """A model whose first step is a text vectorizer has one field, the text."""
    assert find(TEXT_MODELS[name].fit(TEXTS["texto"], LABELS)) == text_signature()


def test_other_categories() -> None:
    """Categories that are integers, floats, booleans or datetimes give their column that kind."""
    data = pd.DataFrame(
        {
            "n": [1, 2] * 10,
            "x": [0.5, 1.5] * 10,
            "flag": [True, False] * 10,
            "when": pd.to_datetime(["2024-01-05", "2024-02-05"] * 10),
        }
    )
    parts = [(OneHotEncoder(), [name]) for name in data]
    found = find(make_pipeline(make_column_transformer(*parts), Ridge()).fit(data, TARGET))
    assert [column.kind for column in found.columns] == ["integer", "number", "boolean", "datetime"]


def lengths(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The length of each text; fails for numbers."""
    return np.array([[len(value) for value in row] for row in frame.to_numpy().tolist()])


def test_kinds_by_trying() -> None:
    """When nothing shows the kinds, numbers are tried and then texts, the same for all columns of one transformer."""
    data = pd.DataFrame({"one": ["a", "bb"] * 10, "x": NUMBERS["año"], "two": ["ccc", "d"] * 10})
    columns = make_column_transformer((FunctionTransformer(lengths), ["one", "two"]), (StandardScaler(), ["x"]))
    found = find(make_pipeline(columns, Ridge()).fit(data, TARGET))
    assert [column.kind for column in found.columns] == ["string", "number", "string"]


def test_kinds_of_the_example() -> None:
    """A logged example shows names, texts and booleans that the estimator does not; its integers become numbers."""
    example = pd.DataFrame({"texts": ["a", "b"], "n": [1, 2], "flag": [True, False]})
    seen: list[tuple[str, ...]] = []

    def has_answer(signature: Signature, _row: dict[str, Any]) -> bool:
        seen.append(tuple(column.kind for column in signature.columns))
        return True

    found = find_signature(FLAVOR, object(), example, has_answer)
    assert seen[0] == ("string", "number", "boolean")
    assert [column.name for column in found.columns] == ["texts", "n", "flag"]


def refuse(_data: Any) -> Any:
    """Refuse every input."""
    raise ValueError("no")


def test_nothing_is_answered() -> None:
    """When the model predicts neither numbers nor texts it is refused; the reason has its columns and what to do."""
    estimator = make_pipeline(StandardScaler(), FunctionTransformer(), Ridge()).fit(NUMBERS, TARGET)
    estimator.steps[1] = ("refuse", FunctionTransformer(refuse))
    with pytest.raises(ModelRefusedError, match=r"\(a b, año\) get an answer .*input_example=X\[:3\]"):
        find(estimator)


def test_contradictions_are_tried() -> None:
    """A column with different kinds in two transformers is treated as one of unknown kind."""
    data = pd.DataFrame({"n": pd.Series([1, 2] * 10, dtype="object")})
    union = make_union(
        OneHotEncoder(handle_unknown="ignore", categories=[["a", "b"]]),
        OneHotEncoder(handle_unknown="ignore"),
    )
    assert [column.kind for column in find(make_pipeline(union, Ridge()).fit(data, TARGET)).columns] == ["string"]


def test_datetimes_by_trying() -> None:
    """A column that accepts only datetimes has that kind, although no transformer shows its values."""
    data = pd.DataFrame({"n": NUMBERS["año"], "día": pd.to_datetime(["2024-01-05", "2024-03-05"] * 10)})
    to_number = make_pipeline(FunctionTransformer(np.asarray), FunctionTransformer(_months))
    model = make_pipeline(make_column_transformer((to_number, ["día"]), remainder="passthrough"), LinearRegression())
    found = find(model.fit(data, TARGET))
    assert [column.kind for column in found.columns] == ["number", "datetime"]


def _months(moments: Any) -> Any:
    if moments.dtype.kind != "M":
        raise TypeError("no moments")
    return moments.astype("datetime64[M]").astype("int64")


def test_infinities_in_the_example() -> None:
    """Values of an example that JSON cannot represent are left out."""
    example = pd.DataFrame({"a b": [np.inf], "año": [2.5]})
    found = find(LinearRegression().fit(NUMBERS, TARGET), example)
    assert [column.kind for column in found.columns] == ["number", "number"]
