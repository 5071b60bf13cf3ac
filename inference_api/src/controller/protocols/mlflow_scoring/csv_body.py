"""A CSV body as a table of texts, and texts as values of the model's columns.

As MLflow reads it with pandas: commas, quotes, one line with names; blank lines do not count.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from itertools import islice
from math import isnan
from typing import Any, Final

from src.controller.protocols.mlflow_scoring.errors import InvalidInputError, InvalidRequestError
from src.controller.protocols.mlflow_scoring.input_table import InputTable, distinct
from src.service.schema.column import Column

# https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html (na_values)
MISSING: Final = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
_BOOLEANS: Final = {
    **dict.fromkeys(("True", "TRUE", "true", "1"), True),
    **dict.fromkeys(("False", "FALSE", "false", "0"), False),
}


def read_csv(body: bytes, max_rows: int) -> InputTable:
    """The table of a CSV body; its values are texts.

    Args:
        body: The body, in UTF-8.
        max_rows: Rows that are accepted. One more is read: a line takes more time than a row of JSON.

    Raises:
        InvalidRequestError: When it is not CSV with a line of names and rows of the same width.
    """
    try:
        text = body.decode("utf-8-sig")
        filled = filter(None, csv.reader(StringIO(text, newline=""), strict=True))
        lines = list(islice(filled, max_rows + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequestError(f"the body is not CSV in UTF-8: {error}") from None
    if not lines:
        raise InvalidRequestError("the CSV is empty; its first line must name the columns")
    names, *rows = lines
    for place, row in enumerate(rows):
        if len(row) != len(names):
            raise InvalidRequestError(
                f"row {place} of the CSV has {len(row)} fields; its first line names {len(names)}"
            )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return InputTable.of_columns(distinct(names), columns, len(rows), is_frame=True)


def column_values(column: Column, texts: Sequence[str]) -> Sequence[Any]:
    """The texts as values of the column; a text that is none stays as it is, so that the schema refuses it.

    Raises:
        InvalidInputError: When the column has no type to read a text by.
    """
    if column.kind == "any":
        raise InvalidInputError(f"the column {column.name!r} may hold values of several types, which CSV cannot tell")
    if column.kind == "number":
        return _all_numbers(texts) or [None if text in MISSING else _number(text) for text in texts]
    if column.kind == "integer":
        return [None if text in MISSING else _integer(text) for text in texts]
    if column.kind == "boolean":
        return [None if text in MISSING else _BOOLEANS.get(text, text) for text in texts]
    missing = {*MISSING, "NaT"} if column.kind == "datetime" else MISSING
    return [None if text in missing else text for text in texts]


def _all_numbers(texts: Sequence[str]) -> list[float]:
    """The numbers when each text is one; else nothing. It takes a third of the time of looking at each text."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return []
    return [] if "_" in "".join(texts) or isnan(sum(values)) else values


def _number(text: str) -> float | str:
    try:
        return text if "_" in text else float(text)  # Python reads 1_000
    except ValueError:
        return text


def _integer(text: str) -> float | str:
    try:
        return text if "_" in text else int(text)
    except ValueError:
        return _number(text)
