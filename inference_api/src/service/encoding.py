"""Rows of plain values become what the estimator takes: a NumPy matrix where that is enough, else a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from src.service.column import Column
from src.service.schema import Row

if TYPE_CHECKING:
    import pandas as pd

# Kinds whose pandas column changes its dtype when a value is missing, so that rows with and without may not share one.
_CHANGED_BY_MISSING: Final = frozenset({"integer", "boolean", "any"})


class Encoder(Protocol):
    """Turns rows into the input of one `predict` call."""

    @property
    def path(self) -> str:
        """Name of the way, for `GET /model`."""
        ...

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """Places of the rows that may share one call without changing each other's answer."""
        ...

    def encode(self, rows: Sequence[Row]) -> Any:
        """The input for rows of one group."""
        ...


class MatrixEncoder:
    """An (n, k) array of one dtype: no pandas on the way of a request."""

    path = "matrix"

    def __init__(self, columns: Sequence[Column]) -> None:
        """Fix the dtype.

        Args:
            columns: Columns for which `fits` holds.
        """
        self._dtype = _common_dtype(columns)
        self._count = len(columns)
        # From one flat run of values NumPy fills an array in half the time, but it takes no missing value there.
        self._flat = self._dtype.kind in "fiub" and all(column.required for column in columns)

    @staticmethod
    def fits(columns: Sequence[Column]) -> bool:
        """Whether one array can hold exactly what a DataFrame of these columns would."""
        kinds = {column.kind for column in columns}
        if kinds == {"string"}:
            return all(column.dtype == "object" and column.required for column in columns)
        if kinds == {"datetime"} or not kinds <= {"number", "integer", "boolean"}:
            return False
        dtypes = {column.dtype for column in columns}
        rounds = len(dtypes) > 1 and not dtypes.isdisjoint({"float16", "float32"})
        return not rounds and all(column.required or column.kind == "number" for column in columns)

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """All rows together: a missing number is NaN."""
        return [list(range(len(rows)))]

    def encode(self, rows: Sequence[Row]) -> np.ndarray[Any, Any]:
        """The rows as an array of shape (n, k)."""
        if not self._flat:
            return np.array(rows, dtype=self._dtype)
        values = np.fromiter(chain.from_iterable(rows), self._dtype, len(rows) * self._count)
        return values.reshape(len(rows), self._count)


class FrameEncoder:
    """A DataFrame with the signature's names and dtypes: what `mlflow.pyfunc` would hand to the estimator."""

    path = "frame"

    def __init__(self, columns: Sequence[Column], *, named: bool = True) -> None:
        """Import pandas.

        Args:
            columns: The columns in the signature's order.
            named: Whether the model knows its columns by name; else they are numbered.
        """
        import pandas as pd  # noqa: PLC0415 - 60 MiB that models of the matrix path do without

        self._pandas = pd
        self._columns = columns
        self._named = named
        self._watched = [place for place, column in enumerate(columns) if column.kind in _CHANGED_BY_MISSING]

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """Rows whose integer, boolean and untyped values are missing, or typed, at the same places."""
        if not self._watched:
            return [list(range(len(rows)))]
        found: dict[tuple[type, ...], list[int]] = {}
        for index, row in enumerate(rows):
            found.setdefault(tuple([type(row[place]) for place in self._watched]), []).append(index)
        return list(found.values())

    def encode(self, rows: Sequence[Row]) -> pd.DataFrame:
        """The rows as a DataFrame of n rows and k columns."""
        series = [
            self._series(column, values) for column, values in zip(self._columns, zip(*rows, strict=True), strict=True)
        ]
        names = [column.name for column in self._columns] if self._named else range(len(series))
        return self._pandas.DataFrame(dict(zip(names, series, strict=True)))

    def _series(self, column: Column, values: tuple[Any, ...]) -> pd.Series[Any]:
        if column.kind == "any":
            return self._pandas.Series(values)
        missing = any(value is None for value in values)
        if missing and column.kind == "integer":
            return self._pandas.Series(values, dtype="float64")  # as pandas reads a file with an empty cell
        if missing and column.kind == "boolean":
            return self._pandas.Series(values, dtype="object")
        return self._pandas.Series(values, dtype=column.dtype)


def _common_dtype(columns: Sequence[Column]) -> np.dtype[Any]:
    if any(column.dtype == "object" for column in columns):
        return np.dtype("object")
    return np.result_type(*[column.dtype for column in columns])
