"""Known values become columns of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.defining_class import transform_class
from src.service.schema.column import Column
from src.service.schema.validator import Row

# Arrays of categories whose values equal those of a column of that kind in Python exactly when they do in NumPy.
_ARRAYS: Final = {"string": "O", "boolean": "Ob", "integer": "i"}


class OneHot:
    """What a fitted OneHotEncoder makes of some columns of the rows.

    Attributes:
        width: Columns that it makes.
    """

    def __init__(self, encoder: Any, places: Sequence[int], columns: Sequence[Column]) -> None:
        """Turn the categories into tables.

        Args:
            encoder: One for which `fits` holds.
            places: Where its columns stand in a row.
            columns: These columns.
        """
        self._lookups: list[tuple[int, dict[Any, int], bool]] = []
        self.width = 0
        for place, column, categories in zip(places, columns, encoder.categories_, strict=True):
            values = categories.tolist()
            known = {value: self.width + number for number, value in enumerate(values) if not _is_missing(value)}
            # A missing string is an unknown one; any other missing value changes the column's type.
            strange = column.kind != "string" or len(known) < len(values)
            self._lookups.append((place, known, strange))
            self.width += len(values)
        self._zeros_for_unknown = encoder.handle_unknown == "ignore"

    @staticmethod
    def fits(encoder: Any, columns: Sequence[Column]) -> bool:
        """Whether it is an encoder that keeps every category, over columns that can be looked up."""
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
        """The columns, and the places of the rows that only scikit-learn can say something about."""
        ones, left = [], []
        for number, row in enumerate(rows):
            start = number * self.width
            for place, known, missing_is_strange in self._lookups:
                value = row[place]
                found = known.get(value)
                if found is not None:
                    ones.append(start + found)
                elif not self._zeros_for_unknown or (value is None and missing_is_strange):
                    left.append(number)
        matrix = np.zeros((len(rows), self.width))
        matrix.reshape(-1)[ones] = 1.0
        return matrix, left


def _is_missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN differs from itself
