"""The types of the columns of a CSV file: numbers, booleans, dates or text, detected from all texts of a column."""

import logging
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from src.service.training.csv_input.column_messages import log_missing_markers, log_unused_markers, warn_if_doubtful
from src.service.training.csv_input.column_texts import ColumnTexts, TypedColumn
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.csv_input.dates import read_dates
from src.service.training.csv_input.missing_markers import is_missing_marker
from src.service.training.csv_input.number_columns import number_column
from src.service.training.csv_input.number_format import merge_mark_counts
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")


def read_columns(
    columns: Mapping[str, Sequence[str]], lines: Sequence[int], options: CsvOptions, target: str, separator: str
) -> dict[str, TypedColumn]:
    """Turn columns of texts into columns of values.

    Args:
        columns: Texts without surrounding blanks, by the column's name.
        lines: The line of the file for each row.
        options: What the caller says about the file.
        target: The column to predict.
        separator: What separates values in the file; it decides the decimal mark where no number does.

    Raises:
        TrainingError: A column does not hold what an option says, or its numbers have several formats.
    """
    texts_by_name = {name: ColumnTexts(name, cells, lines, options.missing) for name, cells in columns.items()}
    numeric = [texts for texts in texts_by_name.values() if _is_numeric(texts, options)]
    file_marks = merge_mark_counts(texts.mark_counts for texts in numeric)
    typed = {
        name: number_column(texts, options, file_marks, separator)
        if texts in numeric
        else _other_column(texts, options)
        for name, texts in texts_by_name.items()
    }
    for name, column in typed.items():
        log_missing_markers(texts_by_name[name], column, options)
        warn_if_doubtful(texts_by_name[name], column, options, is_target=name == target)
    log_unused_markers(columns, options)
    return typed


def _is_numeric(texts: ColumnTexts, options: CsvOptions) -> bool:
    option = options.columns.get(texts.name)
    return option in {"number", "integer"} if option else texts.are_numbers()


def _other_column(texts: ColumnTexts, options: CsvOptions) -> TypedColumn:
    """Read a column that is not numeric."""
    name = texts.name
    match options.columns.get(name):
        case "text":
            return _text_column(texts, lambda text: not text or text in (options.missing or ()))
        case "date":
            return _date_column(texts)
    if texts.are_booleans():
        return texts.boolean_column()
    code_reason = texts.code_reason() if texts.number_share() == 1 else ""
    if code_reason:
        _LOG.info("column %r is a code, not a number: %s; --number %s decides otherwise", name, code_reason, name)
    # A marker such as a hyphen may be a category, except among codes or in a column that has nothing else.
    numbers = bool(code_reason) or (options.missing is None and not texts.present)
    return _text_column(texts, lambda text: is_missing_marker(text, options.missing, numbers=numbers))


def _text_column(texts: ColumnTexts, is_missing: Callable[[str], bool]) -> TypedColumn:
    return texts.typed({text: text for text in texts.counts if not is_missing(text)}, "str", "category")


def _date_column(texts: ColumnTexts) -> TypedColumn:
    present = list(texts.present)
    dates, format_name = read_dates(present)
    for text, date in zip(present, dates, strict=True):
        if pd.isna(date):
            raise TrainingError(
                f"--date {texts.name}: line {texts.line(text)} has {text!r}, which is no date "
                f"(the others were read as {format_name}) or is before 1678 or after 2261"
            )
    _LOG.info("column %r: dates written as %s; the model learns from the time that passes", texts.name, format_name)
    return texts.typed(dict(zip(present, dates, strict=True)), "datetime64[ns]", "date")
