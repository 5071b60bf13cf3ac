"""An MLflow model's signature as columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from src.errors import ModelRefusedError
from src.service.schema.column import Column

ArrayDtype = Literal["", "str", "object"]
_ARRAY_DTYPES: Final[dict[str, ArrayDtype]] = {"U": "str", "O": "object"}


@dataclass(frozen=True, slots=True)
class Signature:
    """The input of a model.

    Attributes:
        columns: The columns in order.
        named: Whether the model gets a DataFrame with these names; else with positions.
        tensor: Whether MLflow expects one array instead of a DataFrame.
        sequence: Whether the model takes the only column as a sequence of texts instead of a table.
        array_dtype: `str` or `object` when MLflow expects an array of that dtype, else empty.
    """

    columns: tuple[Column, ...]
    named: bool
    tensor: bool = False
    sequence: bool = False
    array_dtype: ArrayDtype = ""


def logged_signature(mlmodel: Mapping[str, Any]) -> Signature | None:
    """Read the signature from the MLmodel file; None when it has none.

    Args:
        mlmodel: The parsed MLmodel file.

    Raises:
        ModelRefusedError: For an input that a flat JSON object cannot represent.
    """
    inputs = (mlmodel.get("signature") or {}).get("inputs")
    specs = json.loads(inputs) if inputs else []
    if not specs:
        return None
    if specs[0].get("type") == "tensor":
        return _tensor(specs)
    named = all("name" in spec for spec in specs)
    if not named and any(spec.get("type") == "any" for spec in specs):
        raise ModelRefusedError(
            "the signature says nothing of the columns (type 'any' without names), as MLflow writes it for a type "
            "that it does not know, such as uint64: convert these columns, as with X.astype('int64'), and log again"
        )
    labels = [spec["name"] for spec in specs] if named else numbered(len(specs))
    for label in labels:
        if isinstance(label, bool | list):  # MLflow confuses True with 1, and fails to look up a list
            raise ModelRefusedError(
                f"the signature names a column {label!r}, which mlflow.pyfunc does not find in a table: rename the "
                "columns with texts, as with X.columns = [...], fit and log the model again"
            )
    if len({str(label) for label in labels}) < len(labels):
        raise ModelRefusedError("the signature names a column twice, which a JSON object cannot carry")
    columns = [
        Column.of_mlflow_type(label, spec["type"], required=spec.get("required", True))
        for label, spec in zip(labels, specs, strict=True)
    ]
    return Signature(tuple(columns), named)


def numbered(count: int) -> list[str]:
    """Names for columns without names: feature1, feature2 and so on."""
    return [f"feature{number}" for number in range(1, count + 1)]


def text_signature() -> Signature:
    """The input of a model that takes a sequence of texts: one field with the name `text`."""
    return Signature((Column("text", "string", "object"),), named=False, tensor=True, sequence=True)


def _tensor(specs: list[dict[str, Any]]) -> Signature:
    spec = specs[0]["tensor-spec"]
    shape = spec["shape"]
    if len(specs) == 1 and "name" not in specs[0] and len(shape) == 1 and np.dtype(spec["dtype"]).kind in "OU":
        return text_signature()
    if len(specs) > 1 or len(shape) != 2 or shape[1] < 1:  # noqa: PLR2004 - rows and columns
        raise ModelRefusedError(
            f"the signature has {len(specs)} tensor(s), the first of shape {tuple(shape)}; "
            "one of shape (-1, k) is served, or of shape (-1,) for texts"
        )
    if "name" in specs[0]:
        raise ModelRefusedError(
            f"the signature's tensor has the name {specs[0]['name']!r}, so that MLflow hands the model a dict of "
            "arrays, which no scikit-learn estimator takes"
        )
    columns = [Column.of_dtype(name, spec["dtype"]) for name in numbered(shape[1])]
    array_dtype: ArrayDtype = _ARRAY_DTYPES.get(np.dtype(spec["dtype"]).kind, "")
    return Signature(tuple(columns), named=False, tensor=True, array_dtype=array_dtype)
