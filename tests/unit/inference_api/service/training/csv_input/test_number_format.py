"""Formats of numbers."""

import math

import pytest

from src.service.training.csv_input.number_format import NumberFormat, count_marks, likely_decimal, parse_number


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("50,5", ",", "", 50.5),
        ("-5", ".", "", -5),
        ("\u22125,25", ",", "", -5.25),
        ("+ 5", ".", "", 5),
        (".5", ".", "", 0.5),
        ("5.", ".", "", 5),
        ("1e5", ".", "", 1e5),
        ("1,5E-03", ",", "", 1.5e-3),
        ("1.234.567,8", ",", ".", 1234567.8),
        ("1,234.5", ".", ",", 1234.5),
        ("12,34,567.5", ".", ",", 1234567.5),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u00a0234,5", ",", " ", 1234.5),
        ("1\u202f234,5", ",", " ", 1234.5),
        ("1'234.5", ".", "'", 1234.5),
        ("1\u2019234", ".", "'", 1234),
        ("€ 1.234,50", ",", ".", 1234.5),
        ("-$1,200.50", ".", ",", -1200.5),
        ("1.234 €", ",", ".", 1234),
        ("COP 5", ".", "", 5),
        ("12 %", ".", "", 12),
        ("(123,5)", ",", "", -123.5),
        ("123,5-", ",", "", -123.5),
        ("-inf", ".", "", -math.inf),
        ("0.1", ".", "", 0.1),
    ],
)
def test_a_number_is_read(text: str, decimal: str, thousands: str, value: float) -> None:
    """The value is to the last bit that of Python for the plain form."""
    number = parse_number(text)
    assert number is not None
    assert NumberFormat(decimal, thousands).value(number) == value


@pytest.mark.parametrize(
    "text", ["", "-", ".", "norte", "5 m2", "--5", "-5-", "(5", "2024-01-05", "e5", "$ 5 %", "1" * 100, "1" + " " * 40]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    """Marks alone, letters, dates and unbalanced parentheses are no numbers."""
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("50,5", ".", ""),
        ("50,5", ".", ","),
        ("1.2345", ",", "."),
        ("12.34.567", ",", "."),
        ("31.12.2024", ",", "."),
        ("1,234,5", ",", ""),
        ("300 123 4567", ".", " "),
        ("10.0.0.1", ".", ""),
    ],
)
def test_a_number_of_another_format_has_no_value(text: str, decimal: str, thousands: str) -> None:
    """Groups have three digits, and there is one decimal mark."""
    number = parse_number(text)
    assert number is not None
    assert NumberFormat(decimal, thousands).value(number) is None


@pytest.mark.parametrize(
    ("bodies", "decimal"),
    [
        (["50,5"], ","),
        (["0,500"], ","),
        (["1.234.567"], ","),
        (["1,234.5"], "."),
        (["12.5"], "."),
        (["1.234"], None),
        (["12", "5"], None),
        (["1 234"], None),
        (["1.234", "12,5"], ","),
    ],
)
def test_unambiguous_numbers_decide_the_decimal_mark(bodies: list[str], decimal: str | None) -> None:
    """1.234 is ambiguous; 0,500 is not, because a group cannot follow a zero."""
    assert likely_decimal(count_marks(bodies)) == decimal
