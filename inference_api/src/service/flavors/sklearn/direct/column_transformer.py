"""The output of a ColumnTransformer computed from rows without pandas, which takes milliseconds for a single row."""

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
    """The extraction that a fitted ColumnTransformer performs, or None when it cannot be computed directly.

    Args:
        transformer: The first step of a pipeline.
        columns: The columns of a row.
        transforms: Finds the steps of consecutive transformers of numbers.
    """
    if not columns or transform_class(transformer) != "sklearn.compose._column_transformer.ColumnTransformer":
        return None
    if transformer.transformer_weights:
        return None
    names = getattr(transformer, "feature_names_in_", None)
    by_name = {column.name: index for index, column in enumerate(columns)}
    extractions: list[Extract] = []
    for name, part, _columns in transformer.transformers_:
        indices: Sequence[int] = transformer._transformer_to_input_indices[name]  # noqa: SLF001 - in whatever form they were given
        if isinstance(part, str) or len(indices) == 0:  # "drop"
            continue
        if names is not None:
            indices = [by_name[names[index]] for index in indices]
        found = _extraction_of(part, indices, [columns[index] for index in indices], transforms)
        if found is None:
            return None
        extractions.append(found)
    return _SideBySide(extractions) if extractions else None


def _extraction_of(
    transformer: Any,
    indices: Sequence[int],
    columns: Sequence[Column],
    transforms: Callable[[Sequence[Any]], list[Step] | None],
) -> Extract | None:
    if OneHot.fits(transformer, columns):
        return OneHot(transformer, indices, columns)
    if any(column.dtype not in _NUMBERS for column in columns):
        return None
    is_pipeline = transform_class(transformer) == _PIPELINE
    steps = [step for _name, step in transformer.steps] if is_pipeline else [transformer]
    known = transforms(steps)
    return None if known is None else _Numbers(indices, known)


class _Numbers:
    """Columns of numbers with the steps of their transformers."""

    def __init__(self, indices: Sequence[int], steps: Sequence[Step]) -> None:
        self._indices = tuple(indices)
        self._steps = tuple(steps)

    def __call__(self, rows: Sequence[Row]) -> tuple[Matrix, list[int]]:
        matrix = np.array([[row[index] for index in self._indices] for row in rows], dtype=np.float64)
        for step in self._steps:
            matrix = step(matrix)
        return matrix, []


class _SideBySide:
    """The matrices of several extractions, side by side."""

    def __init__(self, extractions: Sequence[Extract]) -> None:
        self._extractions = tuple(extractions)

    def __call__(self, rows: Sequence[Row]) -> tuple[Matrix, list[int]]:
        matrices, left = [], []
        for extract in self._extractions:
            matrix, indices = extract(rows)
            matrices.append(matrix)
            left += indices
        return np.hstack(matrices), left
