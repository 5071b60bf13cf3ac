"""An MLflow model's signature, or what a model without one knows of itself, as columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from src.errors import ModelRefusedError
from src.service.column import Column
from src.service.parts import parts


@dataclass(frozen=True, slots=True)
class Signature:
    """The input of a model.

    Attributes:
        columns: The columns in order.
        named: Whether the model gets a DataFrame with these names; else positions.
        tensor: Whether MLflow expects one array instead of a DataFrame.
    """

    columns: tuple[Column, ...]
    named: bool
    tensor: bool = False


def signature_of(mlmodel: Mapping[str, Any], estimator: Any) -> Signature:
    """Read the columns from the MLmodel file, else from the fitted estimator.

    Args:
        mlmodel: The parsed MLmodel file.
        estimator: The loaded estimator.

    Raises:
        ModelRefusedError: For an input that a flat JSON object cannot carry, or when nothing tells the columns.
    """
    return logged_signature(mlmodel) or _fitted(estimator)


def logged_signature(mlmodel: Mapping[str, Any]) -> Signature | None:
    """Read the columns from the MLmodel file, if it has any.

    Args:
        mlmodel: The parsed MLmodel file.

    Raises:
        ModelRefusedError: For an input that a flat JSON object cannot carry.
    """
    inputs = (mlmodel.get("signature") or {}).get("inputs")
    specs = json.loads(inputs) if inputs else []
    if not specs:
        return None
    if specs[0].get("type") == "tensor":
        return _tensor(specs)
    named = all("name" in spec for spec in specs)
    names = [str(spec["name"]) for spec in specs] if named else numbered(len(specs))
    if len(set(names)) < len(names):
        raise ModelRefusedError("the signature names a column twice, which a JSON object cannot carry")
    columns = [
        Column.of_mlflow_type(name, spec["type"], required=spec.get("required", True))
        for name, spec in zip(names, specs, strict=True)
    ]
    return Signature(tuple(columns), named)


def numbered(count: int) -> list[str]:
    """Names for columns that have none: feature1, feature2 and so on."""
    return [f"feature{place}" for place in range(1, count + 1)]


def _tensor(specs: list[dict[str, Any]]) -> Signature:
    spec = specs[0]["tensor-spec"]
    shape = spec["shape"]
    if len(specs) > 1 or len(shape) != 2 or shape[1] < 1:  # noqa: PLR2004 - rows and columns
        raise ModelRefusedError(
            f"the signature has {len(specs)} tensor(s), the first of shape {tuple(shape)}; "
            "one of shape (-1, k) is served"
        )
    if "name" in specs[0]:
        raise ModelRefusedError(
            f"the signature's tensor has the name {specs[0]['name']!r}, so that MLflow hands the model a dict of "
            "arrays, which no scikit-learn estimator takes"
        )
    columns = [Column.of_dtype(name, spec["dtype"]) for name in numbered(shape[1])]
    return Signature(tuple(columns), named=False, tensor=True)


def _fitted(estimator: Any) -> Signature:
    names = getattr(estimator, "feature_names_in_", None)
    count = getattr(estimator, "n_features_in_", None)
    if names is None and not count:
        raise ModelRefusedError("the model has no signature and does not know the columns it was fitted with")
    if names is None:
        names = numbered(int(count or 0))
        named = False
    else:
        named = True
    untyped = any(_takes_objects(part) for part in parts(estimator))
    columns = [
        Column(str(name), "any", "object", required=False) if untyped else Column(str(name), "number", "float64")
        for name in names
    ]
    return Signature(tuple(columns), named)


def _takes_objects(part: Any) -> bool:
    """Whether an encoder was fitted with categories that are not numbers."""
    return any(np.asarray(values).dtype.kind in "OUS" for values in getattr(part, "categories_", []))
