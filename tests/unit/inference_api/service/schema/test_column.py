"""Columns: MLflow's types and NumPy's dtypes as what JSON may hold."""

import pytest

from src.errors import ModelRefusedError
from src.service.schema.column import Column

MLFLOW = [
    ("double", "number", "float64"),
    ("float", "number", "float32"),
    ("long", "integer", "int64"),
    ("integer", "integer", "int32"),
    ("boolean", "boolean", "bool"),
    ("string", "string", "str"),
    ("datetime", "datetime", "datetime64[ns]"),
    ("any", "any", "object"),
]


@pytest.mark.parametrize(("mlflow_type", "kind", "dtype"), MLFLOW)
def test_mlflow_type(mlflow_type: str, kind: str, dtype: str) -> None:
    """Each scalar type of MLflow's signatures has its JSON kind and the dtype that MLflow enforces."""
    column = Column.of_mlflow_type("año", mlflow_type, required=False)
    assert (column.name, column.kind, column.dtype, column.required) == ("año", kind, dtype, False)


@pytest.mark.parametrize("mlflow_type", ["binary", "array", "object", "map", "sparkvector", None, {"type": "long"}])
def test_unsupported_mlflow_type(mlflow_type: object) -> None:
    """A type that a flat JSON object cannot carry is refused with the column and what would be served."""
    with pytest.raises(ModelRefusedError, match=r"column 'a b' .*double, float, long"):
        Column.of_mlflow_type("a b", mlflow_type, required=True)


NUMPY = [
    ("float64", "number", "float64"),
    ("float32", "number", "float32"),
    ("float16", "number", "float16"),
    ("int8", "integer", "int8"),
    ("uint64", "integer", "uint64"),
    ("bool", "boolean", "bool"),
    ("str", "string", "object"),
    ("<U7", "string", "object"),
    ("object", "string", "object"),
    ("datetime64[ns]", "datetime", "datetime64[ns]"),
]


@pytest.mark.parametrize(("dtype", "kind", "received"), NUMPY)
def test_tensor_dtype(dtype: str, kind: str, received: str) -> None:
    """A position of a tensor keeps its dtype; texts become objects, so that none is cut."""
    column = Column.of_dtype("feature1", dtype)
    assert (column.kind, column.dtype, column.required) == (kind, received, True)


@pytest.mark.parametrize("dtype", ["complex128", "bytes", "timedelta64[ns]"])
def test_unsupported_tensor_dtype(dtype: str) -> None:
    """A tensor that JSON cannot carry is refused by its dtype."""
    with pytest.raises(ModelRefusedError, match=r"of type .*JSON cannot carry"):
        Column.of_dtype("feature1", dtype)
