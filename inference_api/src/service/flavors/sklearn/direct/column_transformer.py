"""A ColumnTransformer's matrix straight from the rows: without pandas, which takes milliseconds for a single row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Extract, Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import transform_class
from src.service.flavors.sklearn.direct.one_hot import OneHot
from src.service.schema.column import Column
from src.service.schema.validator import Row

_PIPELINE: Final = "sklearn.pipeline.Pipeline"
_NUMBERS: Final = frozenset({"float64", "int64", "int32", "bool"})


def column_extraction(
    transformer: Any, columns: Sequence[Column], transforms: Callable[[Sequence[Any]], list[Step] | None]
) -> Extract | None:
    """What a fitted ColumnTransformer makes of rows, or None when a part of it is not known.

    Args:
        transformer: The first step of a pipeline.
        columns: The columns of a row.
        transforms: Finds what transformers of numbers do, one after the other.
    """
    if not columns or transform_class(transformer) != "sklearn.compose._column_transformer.ColumnTransformer":
        return None
    if transformer.transformer_weights:
        return None
    names = getattr(transformer, "feature_names_in_", None)
    by_name = {column.name: place for place, column in enumerate(columns)}
    parts: list[Extract] = []
    for name, part, _columns in transformer.transformers_:
        places: Sequence[int] = transformer._transformer_to_input_indices[name]  # noqa: SLF001 - whatever way they were given
        if isinstance(part, str) or len(places) == 0:  # "drop"
            continue
        if names is not None:
            places = [by_name[names[place]] for place in places]
        found = _part(part, places, [columns[place] for place in places], transforms)
        if found is None:
            return None
        parts.append(found)
    return _Parts(parts) if parts else None


def _part(
    part: Any,
    places: Sequence[int],
    columns: Sequence[Column],
    transforms: Callable[[Sequence[Any]], list[Step] | None],
) -> Extract | None:
    if OneHot.fits(part, columns):
        return OneHot(part, places, columns)
    if any(column.dtype not in _NUMBERS for column in columns):
        return None
    steps = [step for _name, step in part.steps] if transform_class(part) == _PIPELINE else [part]
    known = transforms(steps)
    return None if known is None else _Numbers(places, known)


class _Numbers:
    """Columns of numbers through the transformers for them."""

    def __init__(self, places: Sequence[int], steps: Sequence[Step]) -> None:
        self._places = tuple(places)
        self._steps = tuple(steps)

    def __call__(self, rows: Sequence[Row]) -> tuple[Matrix, list[int]]:
        matrix = np.array([[row[place] for place in self._places] for row in rows], dtype=np.float64)
        for step in self._steps:
            matrix = step(matrix)
        return matrix, []


class _Parts:
    """The parts side by side."""

    def __init__(self, parts: Sequence[Extract]) -> None:
        self._parts = tuple(parts)

    def __call__(self, rows: Sequence[Row]) -> tuple[Matrix, list[int]]:
        matrices, left = [], []
        for part in self._parts:
            matrix, places = part(rows)
            matrices.append(matrix)
            left += places
        return np.hstack(matrices), left
