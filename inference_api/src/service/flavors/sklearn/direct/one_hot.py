"""One-hot encoding of categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.defining_class import transform_class
from src.service.schema.column import Column
from src.service.schema.validator import Row

# Dtypes of categories for which comparing values in Python and in NumPy gives the same result, by the column's kind.
_ARRAYS: Final = {"string": "O", "boolean": "Ob", "integer": "i"}


class OneHot:
    """Encodes some columns of rows as a fitted OneHotEncoder does.

    Attributes:
        width: Number of output columns.
    """

    def __init__(self, encoder: Any, indices: Sequence[int], columns: Sequence[Column]) -> None:
        """Create a dict of the categories of each column.

        Args:
            encoder: An encoder for which `fits` is true.
            indices: The indices of its columns in a row.
            columns: These columns.
        """
        self._lookups: list[tuple[int, dict[Any, int], bool]] = []
        self.width = 0
        for index, column, categories in zip(indices, columns, encoder.categories_, strict=True):
            values = categories.tolist()
            known = {value: self.width + number for number, value in enumerate(values) if not _is_missing(value)}
            # A missing string is an unknown category; any other missing value changes the column's dtype.
            missing_is_left = column.kind != "string" or len(known) < len(values)
            self._lookups.append((index, known, missing_is_left))
            self.width += len(values)
        self._zeros_for_unknown = encoder.handle_unknown == "ignore"

    @staticmethod
    def fits(encoder: Any, columns: Sequence[Column]) -> bool:
        """Whether it is an encoder that keeps every category, of columns whose values can be looked up in a dict."""
        return (
            transform_class(encoder) == "sklearn.preprocessing._encoders.OneHotEncoder"
            and encoder.handle_unknown in {"ignore", "error"}
            and encoder.drop is None
            and encoder.min_frequency is None
            and encoder.max_categories is None
            and all(
                categories.dtype.kind in _ARRAYS.get(column.kind, "")
                for column, categories in zip(columns, encoder.categories_, strict=True)
            )
        )

    def __call__(self, rows: Sequence[Row]) -> tuple[Matrix, list[int]]:
        """The encoded columns, and the indices of the rows that are left to scikit-learn."""
        ones, left = [], []
        for number, row in enumerate(rows):
            start = number * self.width
            for index, known, missing_is_left in self._lookups:
                value = row[index]
                found = known.get(value)
                if found is not None:
                    ones.append(start + found)
                elif not self._zeros_for_unknown or (value is None and missing_is_left):
                    left.append(number)
        matrix = np.zeros((len(rows), self.width))
        matrix.reshape(-1)[ones] = 1.0
        return matrix, left


def _is_missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN differs from itself
