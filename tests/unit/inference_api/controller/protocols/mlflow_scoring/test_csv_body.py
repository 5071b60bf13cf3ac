"""CSV becomes a table of texts, and texts become values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from src.controller.protocols.mlflow_scoring.csv_body import column_values, read_csv
from src.controller.protocols.mlflow_scoring.errors import InvalidInputError, InvalidRequestError
from src.controller.protocols.mlflow_scoring.input_table import InputTable
from src.service.schema.column import Column, Kind


def columns_of(table: InputTable) -> list[Sequence[Any]]:
    """The texts of every column."""
    return [table.column(place) for place in range(table.width)]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n2,\n",
        "a,b\r\n1,x\r\n2,",
        "a,b\r1,x\r2,\r",
        "\ufeffa,b\n1,x\n2,\n",
        '"a","b"\n"1","x"\n\n"2",""\n\n',
    ],
)
def test_csv_is_a_table(text: str) -> None:
    """Line ends, quotes, a byte order mark and blank lines make no difference."""
    table = read_csv(text.encode(), 9)
    assert (table.names, columns_of(table), table.count) == (["a", "b"], [("1", "2"), ("x", "")], 2)
    assert table.is_frame


def test_quotes_hold_commas_and_lines() -> None:
    """A quoted field may hold what separates others."""
    assert columns_of(read_csv(b'a,b\n"x, ""y""\nz",1\n', 9)) == [('x, "y"\nz',), ("1",)]


def test_csv_without_rows() -> None:
    """A line of names alone is a table without rows."""
    table = read_csv(b"a,b\n", 9)
    assert (columns_of(table), table.count) == ([(), ()], 0)


def test_rows_in_excess_are_not_read() -> None:
    """A table over the limit has one row more than allowed, however many lines follow."""
    assert read_csv(b"a\n" + b"1\n" * 100 + b'"', 3).count == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n1\n", "row 0 of the CSV has 1 fields; its first line names 2"),
        (b"a,b\n1,2\n1,2,3\n", "row 1 of the CSV has 3"),
        (b'a,b\n1,"x\n', "not CSV in UTF-8"),
        (b"a,b\n1,\xff\n", "not CSV in UTF-8"),
        (b"a,a\n1,2\n", "'a' is there twice"),
    ],
)
def test_what_is_no_csv(body: bytes, reason: str) -> None:
    """Anything else is an error that says what was expected."""
    with pytest.raises(InvalidRequestError, match=reason):
        read_csv(body, 9)


@pytest.mark.parametrize(
    ("kind", "texts", "values"),
    [
        (
            "number",
            ["1", "1.5", " 2 ", "1e3", "", "NA", "x", "1_000"],
            [1.0, 1.5, 2.0, 1000.0, None, None, "x", "1_000"],
        ),
        ("integer", ["1", "+2", "75.0", "1.5", "null", "x", "1_0"], [1, 2, 75.0, 1.5, None, "x", "1_0"]),
        ("boolean", ["True", "true", "FALSE", "1", "0", "", "yes"], [True, True, False, True, False, None, "yes"]),
        ("string", ["x", "05001", "", "None", "NaT"], ["x", "05001", None, None, "NaT"]),
        ("datetime", ["2024-01-01 10:00:00", "NaT", ""], ["2024-01-01 10:00:00", None, None]),
    ],
)
def test_texts_become_values(kind: Kind, texts: list[str], values: list[Any]) -> None:
    """By the column's type; pandas' marks are missing values, and what is no value stays a text."""
    found = column_values(Column("a", kind, "int64"), texts)
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


def test_a_column_of_any_type() -> None:
    """CSV does not tell whether 1 is a number or a text."""
    with pytest.raises(InvalidInputError, match="'a'"):
        column_values(Column("a", "any", "object"), ["1"])
