"""Rows to verify a model with: the input example, and random rows near it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from src.service.schema.column import Column
from src.service.schema.validator import Schema

RANDOM_ROWS: Final = 30
EXAMPLE_ROWS: Final = 5
_MISSING_SHARE: Final = 0.2
_DEFAULTS: Final[dict[str, Any]] = {
    "number": 1.0,
    "integer": 1,
    "boolean": True,
    "string": "text",
    "datetime": "2024-01-01T00:00:00",
    "any": 1.0,
}


Values = Mapping[str, Sequence[Any]]
"""Known values of columns, by the column's name."""


def default_row(columns: Sequence[Column], known: Values = MappingProxyType({})) -> dict[str, Any]:
    """A row for a model without an input example: the first known value of each column, else a default of its kind."""
    return {column.name: (known.get(column.name) or [_DEFAULTS[column.kind]])[0] for column in columns}


def example_rows(example: Any, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """MLflow's input example as JSON objects that fit the columns.

    Args:
        example: A DataFrame, an array of shape (n, k), a dict or a list of dicts; other types give no rows.
        columns: The model's columns.
    """
    names = [column.name for column in columns]
    if hasattr(example, "to_dict") and hasattr(example, "columns"):
        positional = set(map(str, example.columns)).isdisjoint(names)
        table = example.set_axis(names, axis=1) if positional and example.shape[1] == len(names) else example
        records = table.head(EXAMPLE_ROWS).to_dict(orient="records")
    elif isinstance(example, np.ndarray):
        records = [dict(zip(names, row, strict=False)) for row in np.atleast_2d(example)[:EXAMPLE_ROWS].tolist()]
    else:
        records = [example] if isinstance(example, dict) else example
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return []
    by_name = {column.name: column for column in columns}
    rows = [
        {str(name): _json(value, by_name[str(name)]) for name, value in record.items() if str(name) in by_name}
        for record in records
    ]
    schema = Schema(columns, {})
    return [row for row in rows if schema.fits(row)]


def random_rows(
    columns: Sequence[Column],
    seen: Sequence[dict[str, Any]],
    known: Values = MappingProxyType({}),
    count: int = RANDOM_ROWS,
) -> list[dict[str, Any]]:
    """Rows near the example rows, with missing values in optional columns; the same at every call.

    Args:
        columns: The model's columns.
        seen: Rows of the input example.
        known: Other values that the model was fitted with: categories, words.
        count: Number of rows.
    """
    source = random.Random(5)  # noqa: S311 - reproducible test data, not a secret
    values = {
        column.name: [
            *[row[column.name] for row in seen if row.get(column.name) is not None],
            *known.get(column.name, ()),
        ]
        for column in columns
    }
    fixed = {name for name, found in known.items() if found}
    rows = []
    for _ in range(count):
        row = {}
        for column in columns:
            if column.required or source.random() >= _MISSING_SHARE:
                value = source.choice(values[column.name] or [_DEFAULTS[column.kind]])
                row[column.name] = value if column.name in fixed else _near(source, column, value)
        rows.append(row)
    schema = Schema(columns, {})
    return [row for row in rows if schema.fits(row)]


def _near(source: random.Random, column: Column, value: Any) -> Any:
    if column.kind == "boolean":
        return source.random() < 0.5  # noqa: PLR2004 - a fair coin
    if column.kind == "datetime":
        with suppress(OverflowError):  # 9999 is often used for "never"
            value = (datetime.fromisoformat(value) + timedelta(hours=source.randint(-1000, 1000))).isoformat()
        return value
    if isinstance(value, bool | str):
        return value
    if column.kind == "integer" or isinstance(value, int):
        low, high = (
            (np.iinfo(column.dtype).min, np.iinfo(column.dtype).max) if column.kind == "integer" else (None, None)
        )
        moved = value + source.randint(-10, 10)
        return moved if low is None or high is None else int(min(max(moved, low), high))
    return value * source.uniform(0.5, 1.5) + source.gauss(0, 1)


def _json(value: Any, column: Column) -> Any:
    """A value of a DataFrame or an array as a JSON value; missing values as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value != value or str(value) in {"NaT", "<NA>"}:  # noqa: PLR0124 - NaN differs from itself
        return None
    if isinstance(value, date):
        return value.isoformat()
    if column.kind == "number" and isinstance(value, int):
        return float(value)
    if column.kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
