"""The distinct texts of a CSV column, what they look like, and the typed column that is made of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd

from src.service.training.csv_input.missing_markers import is_missing_marker
from src.service.training.csv_input.number_format import (
    BLANK,
    MarkCounts,
    NumberFormat,
    NumberText,
    count_marks,
    parse_number,
)
from src.service.training.magnitude import LARGEST_EXACT_INTEGER

# Words among numbers are missing values up to this share of the present values, and up to this many distinct ones.
MAX_WORD_SHARE: Final = 0.1
_MAX_WORDS: Final = 10
_PHONE: Final = re.compile(r"\+\d{7,15}")
_TRUE: Final = frozenset({"true", "verdadero"})
_FALSE: Final = frozenset({"false", "falso"})
# A text is a number when one of these formats fits it. The most frequent formats come first.
_FORMATS: Final = (
    *(NumberFormat(decimal) for decimal in ".,"),
    *(NumberFormat(decimal, mark) for decimal, other in (".,", ",.") for mark in (BLANK, "'", other)),
)


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """A column after its type was detected.

    Attributes:
        data: float64, int64, bool (object when values are missing), datetime64[ns] or text.
        kind: number, integer, boolean, date or category.
        missing_markers: The texts that mean a missing value, each with its count; without the empty text.
        number_format: The format of its numbers.
    """

    data: pd.Series
    kind: str
    missing_markers: dict[str, int]
    number_format: NumberFormat | None = None


class ColumnTexts:
    """The texts of one column.

    Attributes:
        name: The column's name.
        cells: One text per row, without surrounding blanks.
        counts: The distinct texts with their counts.
        present: Those that are no missing values in a column of numbers.
        numbers: Those of `present` that look like numbers, with their parts.
        words: The others of `present`.
    """

    def __init__(self, name: str, cells: Sequence[str], lines: Sequence[int], missing: tuple[str, ...] | None) -> None:
        """Sort the distinct texts; `lines` has the line of the file per row, `missing` the texts of `--missing`."""
        self.name = name
        self.cells = cells
        self._lines = lines
        self.counts = Counter(cells)
        self.present = {
            text: count for text, count in self.counts.items() if not is_missing_marker(text, missing, numbers=True)
        }
        self.numbers: dict[str, NumberText] = {}
        for text in self.present:
            number = parse_number(text)
            if number is not None and any(number_format.value(number) is not None for number_format in _FORMATS):
                self.numbers[text] = number
        self.words = {text: count for text, count in self.present.items() if text not in self.numbers}

    @cached_property
    def mark_counts(self) -> MarkCounts:
        """How the marks are used in the numbers."""
        return count_marks(number.body for number in self.numbers.values())

    def line(self, text: str) -> int:
        """The line of the file where a text comes first."""
        return self._lines[self.cells.index(text)]

    def number_share(self) -> float:
        """The share of the present values that look like numbers."""
        present = sum(self.present.values())
        return sum(self.counts[text] for text in self.numbers) / present if present else 0.0

    def are_numbers(self) -> bool:
        """Whether this is a column of numbers: a few words are allowed; codes and mixed units are not."""
        return (
            bool(self.numbers)
            and self.number_share() >= 1 - MAX_WORD_SHARE
            and len(self.words) <= _MAX_WORDS
            and not self.code_reason()
            and not self.mixed_units()
        )

    def are_booleans(self) -> bool:
        """Whether all present values are true or false."""
        return bool(self.present) and all(text.casefold() in _TRUE | _FALSE for text in self.present)

    def code_reason(self) -> str:
        """Why the digits are a code and not a number; empty when they are a number."""
        if self.numbers and all(_PHONE.fullmatch(text) for text in self.numbers):
            return f"it has values like telephone numbers, such as {next(iter(self.numbers))!r}"
        digits = [text for text in self.numbers if text.isdecimal()]
        if len(digits) < len(self.numbers):
            return ""
        for text in digits:
            if len(text) > 1 and text[0] == "0":
                return f"it has values with leading zeros, such as {text!r}"
        for text in digits:
            if int(text) > LARGEST_EXACT_INTEGER:
                return f"it has values with more digits than a number holds exactly, such as {text!r}"
        return ""

    def mixed_units(self) -> list[str]:
        """The units, empty text for none, when they differ: several signs, or a percent sign at some values only."""
        units = sorted({number.unit for number in self.numbers.values()})
        signs = [unit for unit in units if unit]
        return units if len(signs) > 1 or (len(units) > 1 and "%" in units) else []

    def boolean_column(self) -> TypedColumn:
        """The column as booleans; see `are_booleans`."""
        values = {text: text.casefold() in _TRUE for text in self.present}
        return self.typed(values, bool if len(values) == len(self.counts) else object, "boolean")

    def typed(
        self, values: Mapping[str, Any], dtype: Any, kind: str, number_format: NumberFormat | None = None
    ) -> TypedColumn:
        """Make the typed column.

        Args:
            values: A value for each distinct text; a text without one is a missing value.
            dtype: The pandas type of the column.
            kind: See `TypedColumn`.
            number_format: See `TypedColumn`.
        """
        data = pd.Series([values.get(cell) for cell in self.cells], dtype=dtype, name=self.name)
        markers = {text: count for text, count in self.counts.items() if text and text not in values}
        return TypedColumn(data, kind, markers, number_format)
