"""The detected type and the values of each column, as a table for the log and for the run."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from src.service.training.dataset import Dataset
from src.service.training.feature_columns import FeatureColumns

COLUMN_TABLE_FILE: Final = "columns.csv"
_SHOWN_VALUES: Final = 8
_MAX_WIDTH: Final = 40


def column_table(dataset: Dataset, features: pd.DataFrame, target: pd.Series, columns: FeatureColumns) -> pd.DataFrame:
    """Describe each column of the data.

    Args:
        dataset: The data as read.
        features: The columns that the model uses.
        target: The column to predict, in the type of the task.
        columns: The types of the features.

    Returns:
        One row per column: name, kind, range or categories, missing values with their texts, values that a request may
        have.
    """
    rows = []
    for name in map(str, dataset.features.columns):
        missing = _missing(int(dataset.features[name].isna().sum()), dataset.missing_markers.get(name, {}))
        if name not in features:
            rows.append((name, "left out", "", missing, "nothing: it is not a field of the request"))
            continue
        column = features[name]
        kind, accepted = _kind(column, columns, name)
        optional = " (null or absent: a gap)" if column.isna().any() else ""
        rows.append((name, kind, _values(column, columns.categorical.get(name)), missing, accepted + optional))
    name = str(target.name)
    missing = _missing(dataset.rows_left_out, dataset.missing_markers.get(name, {}))
    rows.append((name, f"target, {_target_kind(target)}", _values(target, None), missing, "nothing: it is the answer"))
    return pd.DataFrame(rows, columns=["column", "kind", "values", "gaps", "accepted"])


def aligned_lines(table: pd.DataFrame) -> list[str]:
    """The table as lines of text with aligned columns."""
    # A value may contain line breaks.
    rows: list[list[object]] = [list(table.columns), *table.to_numpy().tolist()]
    texts = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [min(_MAX_WIDTH, max(len(row[index]) for row in texts)) for index in range(len(table.columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def _kind(column: pd.Series, columns: FeatureColumns, name: str) -> tuple[str, str]:
    if name in columns.dates:
        return "date", f"a date (ISO 8601) such as {_dates(column)[0]}"
    if name in columns.numeric:
        return (
            ("integer", "a whole number")
            if column.dtype.kind in "iu"
            else ("number", "a number, with or without fraction")
        )
    categories = columns.categorical[name]
    if all(isinstance(value, bool) for value in categories):
        return "boolean", "true or false"
    return "category", "a text; one that is not among the categories counts as unknown"


def _dates(column: pd.Series) -> list[str]:
    """The dates in the form of a request, without the time of day when none has one."""
    present = column.dropna()
    whole_days = (present == present.dt.normalize()).all()
    date_format = "%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%S"
    return [str(day) for day in present.dt.strftime(date_format)]


def _target_kind(target: pd.Series) -> str:
    if target.dtype.kind == "f":
        return "number"
    return "boolean" if target.dtype.kind == "b" else "category"


def _values(column: pd.Series, categories: list[str] | list[bool] | None) -> str:
    if categories is not None:
        return _list([str(value).lower() if isinstance(value, bool) else value for value in categories])
    if column.dtype.kind == "f" or (column.dtype.kind in "iu" and column.nunique() > _SHOWN_VALUES):
        return f"{column.min():.10g} to {column.max():.10g}"
    if column.dtype.kind == "M":
        days = _dates(column)
        return f"{min(days)} to {max(days)}"
    return _list(sorted(str(value) for value in column.dropna().unique()))


def _list(values: list[str]) -> str:
    more = f" and {len(values) - _SHOWN_VALUES} more" if len(values) > _SHOWN_VALUES else ""
    return f"{len(values)}: " + ", ".join(value[:_MAX_WIDTH] for value in values[:_SHOWN_VALUES]) + more


def _missing(count: int, markers: Mapping[str, int]) -> str:
    written = ", ".join(f"{mark!r} ({times})" for mark, times in list(markers.items())[:_SHOWN_VALUES])
    return f"{count}" + (f", written {written}" if written else "")
