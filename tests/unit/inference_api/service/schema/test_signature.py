"""Reading the signatures of MLflow."""

import json
from typing import Any

import pytest

from src.errors import ModelRefusedError
from src.service.schema.column import Column
from src.service.schema.signature import Signature, logged_signature, numbered, text_signature


def read(inputs: list[dict[str, Any]]) -> Signature:
    """The signature of an MLmodel file."""
    found = logged_signature({"signature": {"inputs": json.dumps(inputs)}})
    assert found is not None
    return found


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
    """Columns without names are called feature1, feature2 and so on, and the model gets positions."""
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
    ([{"type": "double", "name": ["a", "b"]}], r"a column \['a', 'b'\], .*rename the columns with texts"),
    ([{"type": "double", "name": True}], "a column True, .*rename the columns with texts"),
    ([{"type": "any"}], r"nothing of the columns .*uint64: convert .*astype\('int64'\)"),
    ([{"type": "double", "name": "twice"}, {"type": "long", "name": "twice"}], "names a column twice"),
]


@pytest.mark.parametrize(("inputs", "reason"), REFUSED)
def test_refused_with_a_reason(inputs: list[dict[str, Any]], reason: str) -> None:
    """An input that a flat JSON object cannot represent is refused; the reason tells which part."""
    with pytest.raises(ModelRefusedError, match=reason):
        read(inputs)


@pytest.mark.parametrize(
    "mlmodel", [{}, {"signature": None}, {"signature": {"outputs": "[]"}}, {"signature": {"inputs": "[]"}}]
)
def test_without_signature(mlmodel: dict[str, Any]) -> None:
    """A model without a signature, or with one of its output only, has none to read."""
    assert logged_signature(mlmodel) is None


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_sequence_of_texts(dtype: str) -> None:
    """A tensor of texts without columns is one field, whose texts the model takes as a sequence."""
    assert read([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1]}}]) == text_signature()


def test_columns_named_by_numbers() -> None:
    """The field's name is a text, while the DataFrame keeps the number as its label."""
    labels = [0, 2019, 1.5, -1]
    found = read([{"type": "double", "name": label} for label in labels])
    assert [(column.name, column.label) for column in found.columns] == [
        ("0", 0),
        ("2019", 2019),
        ("1.5", 1.5),
        ("-1", -1),
    ]


def test_names_that_are_alike_as_text() -> None:
    """The number 1 and the text "1" would be one key of a JSON object."""
    with pytest.raises(ModelRefusedError, match="names a column twice"):
        read([{"type": "double", "name": 1}, {"type": "double", "name": "1"}])


def test_numbered() -> None:
    """Generated names count from 1."""
    assert numbered(3) == ["feature1", "feature2", "feature3"]
