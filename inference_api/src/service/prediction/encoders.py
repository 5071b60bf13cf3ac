"""Converts rows of plain values to the estimator's input: a NumPy array where that is enough, else a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np

from src.service.schema.column import Column, Kind
from src.service.schema.missing_values import Marker, default_markers
from src.service.schema.validator import Row

if TYPE_CHECKING:
    import pandas as pd

# Kinds whose pandas column changes its dtype when a value is missing: rows with and without share no DataFrame.
_CHANGED_BY_MISSING: Final = frozenset({"integer", "boolean", "any"})
_NULLABLE: Final[dict[Kind, str]] = {"boolean": "boolean", "string": "string"}


class Encoder(Protocol):
    """Converts rows to the input of one `predict` call."""

    @property
    def path(self) -> str:
        """Name of the kind of input, for `GET /model`."""
        ...

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """Indices of the rows that may share one call without changing each other's predictions."""
        ...

    def encode(self, rows: Sequence[Row]) -> Any:
        """The input for rows of one group."""
        ...


class MatrixEncoder:
    """Encodes rows as an array of shape (n, k) and one dtype, without pandas."""

    path = "matrix"

    def __init__(
        self,
        columns: Sequence[Column],
        dtype: Literal["object", "str"] | None = None,
        missing: float | None = None,
    ) -> None:
        """Choose the dtype.

        Args:
            columns: Columns for which `fits` holds, unless a dtype is given.
            dtype: Dtype of an array of objects or texts; by default the common dtype of all columns.
            missing: Marker of missing values in an array of objects.
        """
        self._dtype = _common_dtype(columns) if dtype is None else np.dtype(dtype)
        self._missing = missing
        self._count = len(columns)
        # `fromiter` takes half the time of `array`, but accepts no None.
        self._flat = self._dtype.kind in "fiub" and all(column.required for column in columns)

    @staticmethod
    def fits(columns: Sequence[Column]) -> bool:
        """Whether one array can represent a DataFrame of these columns exactly."""
        kinds = {column.kind for column in columns}
        if kinds == {"string"}:
            return all(column.dtype == "object" and column.required for column in columns)
        if kinds == {"datetime"} or not kinds <= {"number", "integer", "boolean"}:
            return False
        dtypes = {column.dtype for column in columns}
        rounds = len(dtypes) > 1 and not dtypes.isdisjoint({"float16", "float32"})
        return not rounds and all(column.required or column.kind == "number" for column in columns)

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """All rows in one group: a missing number is NaN."""
        return [list(range(len(rows)))]

    def encode(self, rows: Sequence[Row]) -> np.ndarray[Any, Any]:
        """The rows as an array of shape (n, k)."""
        if not self._flat:
            if self._missing is not None:
                rows = [tuple([self._missing if value is None else value for value in row]) for row in rows]
            return np.array(rows, dtype=self._dtype)
        values = np.fromiter(chain.from_iterable(rows), self._dtype, len(rows) * self._count)
        return values.reshape(len(rows), self._count)


class SequenceEncoder:
    """Encodes the only column as an array of texts, the input of a text vectorizer."""

    path = "sequence"

    def __init__(self, dtype: Literal["object", "str"] = "object") -> None:
        """Choose the dtype.

        Args:
            dtype: In a NumPy array of `str` each text takes as much memory as the longest one.
        """
        self._dtype = dtype

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """All rows in one group."""
        return [list(range(len(rows)))]

    def encode(self, rows: Sequence[Row]) -> np.ndarray[Any, Any]:
        """The texts as an array of shape (n,)."""
        return np.array([row[0] for row in rows], dtype=self._dtype)


class FrameEncoder:
    """Encodes rows as the DataFrame that `mlflow.pyfunc` would give the estimator: the signature's names and dtypes."""

    path = "frame"

    def __init__(
        self, columns: Sequence[Column], *, named: bool = True, markers: Sequence[Marker] | None = None
    ) -> None:
        """Import pandas.

        Args:
            columns: The columns in the signature's order.
            named: Whether the model gets its columns by name; else they are numbered.
            markers: Marker of missing values in each column; by default the first one of its kind.
        """
        import pandas as pd  # noqa: PLC0415 - 60 MiB that models with a matrix do not need

        self._pandas = pd
        self._columns = columns
        self._markers = tuple(markers or default_markers(columns))
        self._labels = [
            (column.name if column.label is None else column.label) if named else index
            for index, column in enumerate(columns)
        ]
        self._dtype_changing = [
            index
            for index, (column, marker) in enumerate(zip(columns, self._markers, strict=True))
            if column.kind in _CHANGED_BY_MISSING or (column.kind == "number" and marker != "nan")
        ]

    def groups(self, rows: Sequence[Row]) -> list[list[int]]:
        """Rows whose values in columns of changing dtype have the same types, or are missing, in the same columns."""
        if not self._dtype_changing:
            return [list(range(len(rows)))]
        found: dict[tuple[type, ...], list[int]] = {}
        for index, row in enumerate(rows):
            found.setdefault(tuple([type(row[position]) for position in self._dtype_changing]), []).append(index)
        return list(found.values())

    def encode(self, rows: Sequence[Row]) -> pd.DataFrame:
        """The rows as a DataFrame of n rows and k columns."""
        columns = zip(self._columns, self._markers, zip(*rows, strict=True), strict=True)
        series = [self._series(column, marker, values) for column, marker, values in columns]
        return self._pandas.DataFrame(dict(zip(self._labels, series, strict=True)))

    def _series(self, column: Column, marker: Marker, values: tuple[Any, ...]) -> pd.Series[Any]:
        missing = any(value is None for value in values)
        if column.kind == "any" and not (missing and marker == "nan"):
            return self._pandas.Series(values)
        if missing and marker == "nan" and column.kind in {"boolean", "any"}:
            return self._pandas.Series([np.nan if value is None else value for value in values], dtype="object")
        # A column of texts has the same dtype with and without missing values.
        uses_marker = missing or column.kind == "string"
        return self._pandas.Series(values, dtype=_dtype(column, marker) if uses_marker else column.dtype)


def _dtype(column: Column, marker: Marker) -> str:
    """The dtype of a column in which a value is missing."""
    if marker == "none":
        return "object"
    if marker == "na":
        return _NULLABLE.get(column.kind) or column.dtype.replace("int", "Int").replace("uI", "UI")  # UInt8 for uint8
    # As pandas reads integers from a file with an empty cell.
    return "float64" if column.kind == "integer" else column.dtype


def _common_dtype(columns: Sequence[Column]) -> np.dtype[Any]:
    if any(column.dtype == "object" for column in columns):
        return np.dtype("object")
    return np.result_type(*[column.dtype for column in columns])
