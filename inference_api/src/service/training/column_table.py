"""What the trainer understood of each column: a table for the log and the run."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from src.service.training.dataset import Dataset
from src.service.training.feature_columns import Columns

FILE: Final = "columns.csv"
_SHOWN: Final = 8
_LONGEST: Final = 40


def column_table(dataset: Dataset, features: pd.DataFrame, target: pd.Series, columns: Columns) -> pd.DataFrame:
    """Describe each column of the data.

    Args:
        dataset: The data as they were read.
        features: The columns that are learnt from.
        target: The column to predict, as it is learnt.
        columns: What the features are learnt as.

    Returns:
        One row a column: name, kind, range or categories, gaps with their texts, and what a request may hold for it.
    """
    rows = []
    for name in map(str, dataset.features.columns):
        gaps = _gaps(int(dataset.features[name].isna().sum()), dataset.marks.get(name, {}))
        if name not in features:
            rows.append((name, "left out", "", gaps, "nothing: it is not a field of the request"))
            continue
        column = features[name]
        kind, accepted = _kind(column, columns, name)
        optional = " (null or absent: a gap)" if column.isna().any() else ""
        rows.append((name, kind, _values(column, columns.categorical.get(name)), gaps, accepted + optional))
    name = str(target.name)
    gaps = _gaps(dataset.rows_left_out, dataset.marks.get(name, {}))
    rows.append((name, f"target, {_target_kind(target)}", _values(target, None), gaps, "nothing: it is the answer"))
    return pd.DataFrame(rows, columns=["column", "kind", "values", "gaps", "accepted"])


def lines(table: pd.DataFrame) -> list[str]:
    """The table as lines of text, its columns one below the other."""
    # A value may hold line breaks, and a line of the log must stay one.
    rows: list[list[object]] = [list(table.columns), *table.to_numpy().tolist()]
    texts = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [min(_LONGEST, max(len(row[place]) for row in texts)) for place in range(len(table.columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def _kind(column: pd.Series, columns: Columns, name: str) -> tuple[str, str]:
    if name in columns.dates:
        return "date", f"a date (ISO 8601) such as {_dates(column)[0]}"
    if name in columns.numeric:
        return (
            ("integer", "a whole number")
            if column.dtype.kind in "iu"
            else ("number", "a number, with or without fraction")
        )
    known = columns.categorical[name]
    if all(isinstance(value, bool) for value in known):
        return "boolean", "true or false"
    return "category", "a text; one that is not among the categories counts as unknown"


def _dates(column: pd.Series) -> list[str]:
    """The dates as a request may hold them, without a time of day when none has one."""
    known = column.dropna()
    whole_days = (known == known.dt.normalize()).all()
    form = "%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%S"
    return [str(day) for day in known.dt.strftime(form)]


def _target_kind(target: pd.Series) -> str:
    if target.dtype.kind == "f":
        return "number"
    return "boolean" if target.dtype.kind == "b" else "category"


def _values(column: pd.Series, categories: list[str] | list[bool] | None) -> str:
    if categories is not None:
        return _list([str(value).lower() if isinstance(value, bool) else value for value in categories])
    if column.dtype.kind == "f" or (column.dtype.kind in "iu" and column.nunique() > _SHOWN):
        return f"{column.min():.10g} to {column.max():.10g}"
    if column.dtype.kind == "M":
        days = _dates(column)
        return f"{min(days)} to {max(days)}"
    return _list(sorted(str(value) for value in column.dropna().unique()))


def _list(values: list[str]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return f"{len(values)}: " + ", ".join(value[:_LONGEST] for value in values[:_SHOWN]) + more


def _gaps(count: int, marks: Mapping[str, int]) -> str:
    written = ", ".join(f"{mark!r} ({times})" for mark, times in list(marks.items())[:_SHOWN])
    return f"{count}" + (f", written {written}" if written else "")
