"""Signatures of MLflow, and what a model without one knows of itself."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from src.errors import ModelRefusedError
from src.service.column import Column
from src.service.signature import Signature, numbered, signature_of

SOURCE = np.random.default_rng(3)
NUMBERS = pd.DataFrame(SOURCE.normal(0, 1, (20, 2)), columns=["a b", "año"])
MIXED = pd.DataFrame({"colour": ["red", "blue"] * 10, "size": NUMBERS["a b"]})
TARGET = NUMBERS.sum(axis=1)


def read(inputs: list[dict[str, Any]], estimator: Any = None) -> Signature:
    """The signature of an MLmodel file."""
    return signature_of({"signature": {"inputs": json.dumps(inputs)}}, estimator)


def test_named_columns() -> None:
    """A column-based signature gives its names, types and which columns are required, in order."""
    found = read(
        [
            {"type": "double", "name": "class", "required": True},
            {"type": "long", "name": "año de nacimiento", "required": False},
            {"type": "string", "name": ""},
        ]
    )
    assert found == Signature(
        (
            Column("class", "number", "float64"),
            Column("año de nacimiento", "integer", "int64", required=False),
            Column("", "string", "str"),
        ),
        named=True,
    )


def test_unnamed_columns() -> None:
    """Columns without names are called feature1 to featurek, and the model gets positions."""
    found = read([{"type": "double"}, {"type": "long", "required": True}])
    assert [column.name for column in found.columns] == ["feature1", "feature2"]
    assert (found.named, found.tensor) == (False, False)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [("float64", "number"), ("float32", "number"), ("int64", "integer"), ("bool", "boolean"), ("str", "string")],
)
def test_tensor(dtype: str, kind: str) -> None:
    """A tensor of k columns is k fields of its type."""
    found = read([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, 3]}}])
    assert [(column.name, column.kind) for column in found.columns] == [
        ("feature1", kind),
        ("feature2", kind),
        ("feature3", kind),
    ]
    assert (found.named, found.tensor) == (False, True)


def tensor(shape: list[int], **more: Any) -> dict[str, Any]:
    """A tensor of doubles."""
    return {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": shape}, **more}


REFUSED: list[tuple[list[dict[str, Any]], str]] = [
    ([tensor([-1])], r"1 tensor\(s\), the first of shape \(-1,\)"),
    ([tensor([-1, 28, 28])], r"of shape \(-1, 28, 28\); one of shape \(-1, k\) is served"),
    ([tensor([-1, -1])], r"of shape \(-1, -1\)"),
    ([tensor([-1, 0])], r"of shape \(-1, 0\)"),
    ([tensor([-1, 2]), tensor([-1, 3])], r"2 tensor\(s\)"),
    ([tensor([-1, 2], name="images")], "the name 'images'"),
    ([{"type": "tensor", "tensor-spec": {"dtype": "complex128", "shape": [-1, 2]}}], "type complex128"),
    ([{"type": "binary", "name": "photo"}], "column 'photo' .*'binary'"),
    ([{"type": "array", "name": "words", "items": {"type": "string"}}], "column 'words' .*'array'"),
    ([{"type": "double", "name": "ok"}, {"type": "map", "name": "m", "values": {"type": "long"}}], "column 'm'"),
    ([{"type": "double", "name": "twice"}, {"type": "long", "name": "twice"}], "names a column twice"),
]


@pytest.mark.parametrize(("inputs", "reason"), REFUSED)
def test_refused_with_a_reason(inputs: list[dict[str, Any]], reason: str) -> None:
    """An input that a flat JSON object cannot carry is refused, and the reason says which part of it."""
    with pytest.raises(ModelRefusedError, match=reason):
        read(inputs)


@pytest.mark.parametrize(
    "mlmodel", [{}, {"signature": None}, {"signature": {"outputs": "[]"}}, {"signature": {"inputs": "[]"}}]
)
def test_without_signature_by_names(mlmodel: dict[str, Any]) -> None:
    """Without a signature the fields are the names that the model was fitted with."""
    found = signature_of(mlmodel, LinearRegression().fit(NUMBERS, TARGET))
    assert found == Signature((Column("a b", "number", "float64"), Column("año", "number", "float64")), named=True)


def test_without_signature_and_names() -> None:
    """A model that was fitted on an array has feature1 to featuren."""
    found = signature_of({}, LinearRegression().fit(NUMBERS.to_numpy(), TARGET))
    assert [column.name for column in found.columns] == ["feature1", "feature2"]
    assert found.named is False


def test_nothing_known() -> None:
    """A model that knows nothing of its columns is refused."""
    with pytest.raises(ModelRefusedError, match="no signature and does not know the columns"):
        signature_of({}, KMeans())


_COLUMNS = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["size"]))
_PIPELINE = make_pipeline(_COLUMNS, Ridge())
CATEGORICAL = {
    "pipeline": _PIPELINE,
    "search": GridSearchCV(_PIPELINE, {"ridge__alpha": [1, 2]}, cv=2),
    "ensemble": VotingRegressor([("one", _PIPELINE)]),
    "target": TransformedTargetRegressor(_PIPELINE),
    "union": make_pipeline(make_union(_COLUMNS), Ridge()),
    "ordinal": make_pipeline(OrdinalEncoder(), Ridge()),
}


@pytest.mark.parametrize("name", CATEGORICAL)
def test_without_signature_categories_are_untyped(name: str) -> None:
    """A model with an encoder of categories, however deep, takes texts as well as numbers, and missing values."""
    found = signature_of({}, CATEGORICAL[name].fit(MIXED, TARGET))
    assert [(column.name, column.kind, column.required) for column in found.columns] == [
        ("colour", "any", False),
        ("size", "any", False),
    ]


def test_native_categories_are_untyped() -> None:
    """The categories that gradient boosting keeps by itself count too."""
    data = MIXED.astype({"colour": "category"})
    found = signature_of({}, HistGradientBoostingRegressor(max_iter=2).fit(data, TARGET))
    assert {column.kind for column in found.columns} == {"any"}


def test_numeric_categories_stay_numbers() -> None:
    """An encoder of numbers does not make its columns untyped."""
    data = NUMBERS.round()
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), StandardScaler(with_mean=False), Ridge())
    assert {column.kind for column in signature_of({}, model.fit(data, TARGET)).columns} == {"number"}


def test_numbered() -> None:
    """The names of columns that have none count from 1."""
    assert numbered(3) == ["feature1", "feature2", "feature3"]
