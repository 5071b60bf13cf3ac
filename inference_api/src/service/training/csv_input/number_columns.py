"""Columns of numbers: which number format a column has, and its values."""

import logging
from typing import Final

from src.service.training.csv_input.column_texts import ColumnTexts, TypedColumn
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.csv_input.number_format import MarkCounts, NumberFormat, likely_decimal, parse_number
from src.service.training.errors import TrainingError
from src.service.training.magnitude import LARGEST_EXACT_INTEGER

_LOG = logging.getLogger("training")

_GROUP_DIGITS: Final = 3


def number_column(texts: ColumnTexts, options: CsvOptions, file_marks: MarkCounts, separator: str) -> TypedColumn:
    """Read a column of numbers.

    Args:
        texts: The column.
        options: What the caller says about the file.
        file_marks: How the marks are used in all columns of numbers.
        separator: What separates values in the file.

    Raises:
        TrainingError: The numbers have several formats, or do not fit an option.
    """
    number_format = _number_format(texts, options, file_marks, separator)
    name = texts.name
    option = options.columns.get(name)
    if option and texts.words:
        word = next(iter(texts.words))
        raise TrainingError(
            f"--{option} {name}: line {texts.line(word)} has {word!r}, which is no number; "
            f"--missing {word!r} would make it a gap"
        )
    numbers = {text: number_format.value(number) for text, number in texts.numbers.items()}
    sentinels = {number_format.value(number) for text in options.missing or () if (number := parse_number(text))}
    values = {text: value for text, value in numbers.items() if value not in sentinels}
    if option == "integer":
        for text in texts.cells:
            value = values.get(text)
            if value is None or not value.is_integer() or abs(value) > LARGEST_EXACT_INTEGER:
                raise TrainingError(
                    f"--integer {name}: line {texts.line(text)} has {text!r}, which is no whole number; "
                    f"--number {name} takes fractions and gaps"
                )
        return texts.typed(values, "int64", "integer", number_format)
    units = {number.unit for number in texts.numbers.values()} - {""}
    if units:
        shown = ", ".join(repr(unit) for unit in sorted(units))
        example = next(text for text, number in texts.numbers.items() if number.unit)
        _LOG.warning("column %r: %s is left out, %r is read as %.10g", name, shown, example, numbers[example])
    accounting = next((text for text, number in texts.numbers.items() if number.accounting), None)
    if accounting is not None:
        _LOG.warning("column %r: %r is read as %.10g", name, accounting, numbers[accounting])
    return texts.typed(values, "float64", "number", number_format)


def usual_decimal(separator: str) -> str:
    """The decimal mark that is usual with a separator: spreadsheets write semicolons where it is a comma."""
    return "," if separator == ";" else "."


def _number_format(texts: ColumnTexts, options: CsvOptions, file_marks: MarkCounts, separator: str) -> NumberFormat:
    """Decide the format by the options, else the column itself, else the other columns, else the separator."""
    marks = texts.mark_counts
    decimal = options.decimal or {".": ",", ",": "."}.get(options.thousands or "") or likely_decimal(marks)
    reason = ""
    if decimal is None and marks.ambiguous:
        decimal, reason = _ambiguous_decimal(texts, file_marks, separator, options.thousands)
    decimal = decimal or likely_decimal(file_marks) or usual_decimal(separator)
    if options.thousands is not None:
        thousands = options.thousands
    else:
        possible = {mark: count for mark, count in marks.thousands.items() if mark != decimal}
        if not possible and any(mark != decimal for mark in marks.ambiguous):
            possible = {"," if decimal == "." else ".": 1}
        thousands = max(possible, key=lambda mark: possible[mark]) if possible else ""
    number_format = NumberFormat(decimal, thousands)
    _check_format(texts, number_format, options)
    if reason:
        text = next(text for text, number in texts.numbers.items() if number.body in marks.ambiguous.values())
        _LOG.log(
            logging.WARNING if likely_decimal(file_marks) is None else logging.INFO,
            "column %r: %r could be two numbers and is read as %.10g (%s); --decimal and --thousands decide otherwise",
            texts.name, text, number_format.value(texts.numbers[text]), reason,
        )  # fmt: skip
    return number_format


def _ambiguous_decimal(
    texts: ColumnTexts, file_marks: MarkCounts, separator: str, thousands: str | None
) -> tuple[str, str]:
    """Decide the decimal mark of a column whose own numbers do not: the mark, and the reason to log."""
    mark = next(iter(texts.mark_counts.ambiguous))
    if thousands is not None and mark != thousands:
        return mark, ""
    bodies = [number.body for number in texts.numbers.values()]
    if any(body.isdecimal() and len(body) > _GROUP_DIGITS for body in bodies):
        return mark, "other numbers of the column have no thousands mark"
    decimal = likely_decimal(file_marks)
    if decimal:
        return decimal, f"other columns have decimal {decimal!r}"
    usual = usual_decimal(separator)
    return usual, f"decimal {usual!r} is usual with separator {separator!r}"


def _check_format(texts: ColumnTexts, number_format: NumberFormat, options: CsvOptions) -> None:
    wrong = [text for text, number in texts.numbers.items() if number_format.value(number) is None]
    if not wrong:
        return
    count = sum(texts.counts[text] for text in wrong)
    thousands = f"thousands {number_format.thousands!r}" if number_format.thousands else "no thousands mark"
    problem = (
        f"column {texts.name!r} has {count} value(s) such as {wrong[0]!r} (line {texts.line(wrong[0])}) "
        f"that are not numbers with decimal {number_format.decimal!r} and {thousands}"
    )
    if options.decimal or options.thousands is not None:
        raise TrainingError(f"{problem}: correct --decimal or --thousands, or leave them out to have them found")
    right = next(text for text in texts.numbers if text not in wrong)
    raise TrainingError(
        f"{problem}, as {right!r} (line {texts.line(right)}) is: write them all in one way, or use --text {texts.name}"
    )
