"""Log messages about single columns: missing values, and columns whose detected type may not be the intended one."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from src.service.training.csv_input.column_texts import MAX_WORD_SHARE, ColumnTexts, TypedColumn
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.csv_input.dates import looks_like_a_date
from src.service.training.csv_input.number_format import parse_number

_LOG = logging.getLogger("training")

_SHOWN: Final = 5
_MOST: Final = 0.5
# Fewer values than this may be all different, or all have a unit, by chance.
_MIN_VALUES: Final = 20
# Rising numbers from here on are card or order numbers rather than quantities.
_LONG_NUMBER: Final = 10**8
# Numbers that programs write for a missing value.
_SENTINELS: Final = frozenset(sign * value for sign in (1, -1) for value in (99, 999, 9999, 99999, 999999))
_ID_NAME: Final = re.compile(
    r"(?:.*[_ .-])?(?:id|ids|uuid|c[oó]digo|cod|c[eé]dula|dni|nit|nif|rut|rfc|folio|documento|index)(?:[_ .-].*)?",
    re.IGNORECASE,
)
_DATE_DIGITS: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_WITH_UNIT: Final = re.compile(r"[-+]?\d[\d.,]*\s*[^\W\d_]\w*[²³]?|[^\W\d_]+\.?\s*\d[\d.,]*")


def log_missing_markers(texts: ColumnTexts, column: TypedColumn, options: CsvOptions) -> None:
    """Log which texts of a column were taken for missing values."""
    name = texts.name
    words = {
        text: count for text, count in column.missing_markers.items() if text in texts.words and column.kind == "number"
    }
    if words:
        _LOG.warning(
            "column %r is read as numbers: %s among them are taken for gaps; --text %s makes it text",
            name, _with_counts(words), name,
        )  # fmt: skip
    markers = {text: count for text, count in column.missing_markers.items() if text not in words}
    if markers:
        advice = f"; --missing or --text {name} keeps them as text"
        applies = column.kind == "category" and options.missing is None
        _LOG.info(
            "column %r: %d gaps are written %s%s",
            name, sum(markers.values()), _with_counts(markers), advice if applies else "",
        )  # fmt: skip


def warn_if_doubtful(texts: ColumnTexts, column: TypedColumn, options: CsvOptions, *, is_target: bool) -> None:
    """Log what the detected type of a column leaves in doubt, with the option that changes it."""
    if texts.name in options.columns:
        return
    if column.kind == "number":
        _warn_about_numbers(texts, column.data, is_target=is_target)
    elif column.kind == "category" and texts.present:
        _log_kept_markers(texts, column, options)
        _warn_about_text(texts, is_target=is_target)


def log_unused_markers(columns: Mapping[str, Sequence[str]], options: CsvOptions) -> None:
    """Warn about texts of `--missing` that the file does not have; a number may be written in another format."""
    for text in options.missing or ():
        if text and parse_number(text) is None and not any(text in cells for cells in columns.values()):
            _LOG.warning("--missing %r is nowhere in the file", text)


def _with_counts(texts: Mapping[str, int]) -> str:
    by_count = sorted(texts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{text!r} ({count})" for text, count in by_count[:_SHOWN])
    return shown + (f" and {len(by_count) - _SHOWN} more" if len(by_count) > _SHOWN else "")


def _warn_about_numbers(texts: ColumnTexts, values: pd.Series, *, is_target: bool) -> None:
    name = texts.name
    if not is_target:
        if all(_DATE_DIGITS.fullmatch(text) for text in texts.present):
            _LOG.warning("column %r looks like dates and is read as numbers; --date %s reads dates", name, name)
            return
        _warn_about_identifiers(name, values)
    _warn_about_sentinels(name, values)


def _warn_about_text(texts: ColumnTexts, *, is_target: bool) -> None:
    name = texts.name
    units = texts.mixed_units()
    if units and texts.number_share() >= 1 - MAX_WORD_SHARE:
        shown = ", ".join(repr(unit) if unit else "none" for unit in units)
        _LOG.warning("column %r is text: its numbers have different signs (%s); write them all in one way", name, shown)
    elif texts.number_share() >= _MOST and texts.words:
        _LOG.warning(
            "column %r is text, though most values are numbers: %s are not; --missing TEXT makes them gaps",
            name, _with_counts(texts.words),
        )  # fmt: skip
    elif all(looks_like_a_date(text) for text in texts.present) and not is_target:
        _LOG.warning("column %r looks like dates and is read as text; --date %s reads dates", name, name)
    elif all(_WITH_UNIT.fullmatch(text) for text in texts.present) and len(texts.present) > _MIN_VALUES:
        example = next(iter(texts.present))
        _LOG.warning("column %r is text: values such as %r have letters; numbers stand alone", name, example)


def _log_kept_markers(texts: ColumnTexts, column: TypedColumn, options: CsvOptions) -> None:
    """Log markers that stay categories, such as the hyphen of a blood group: among numbers they would be missing."""
    kept = {
        text: count
        for text, count in texts.counts.items()
        if text and text not in texts.present and text not in column.missing_markers
    }
    if kept and options.missing is None:
        _LOG.info(
            "column %r: %s count as values like the others; --missing TEXT makes them gaps",
            texts.name, _with_counts(kept),
        )  # fmt: skip


def _warn_about_sentinels(name: str, values: pd.Series) -> None:
    """Warn about repeated sentinels whose distance from the other values exceeds the range of these."""
    counts = values.value_counts()
    for sentinel in _SENTINELS:
        count = counts.get(float(sentinel), 0)
        others = counts.index[counts.index != sentinel]
        if count > 1 and len(others):
            lowest, highest = others.min(), others.max()
            if max(lowest - sentinel, sentinel - highest) > highest - lowest:
                _LOG.warning(
                    "column %r: %d (%d) lies far from the other values: a gap? --missing=%d makes it one",
                    name, sentinel, count, sentinel,
                )  # fmt: skip


def _warn_about_identifiers(name: str, values: pd.Series) -> None:
    """Warn about distinct integers that are unordered, count the rows, are very long, or are named as identifiers."""
    present = values.dropna()
    if len(present) < _MIN_VALUES or present.duplicated().any() or not (present % 1 == 0).all():
        return
    ordered = present.is_monotonic_increasing or present.is_monotonic_decreasing
    counts_rows = ordered and present.iloc[0] in {0, 1} and present.iloc[-1] - present.iloc[0] == len(present) - 1
    if not ordered or counts_rows or (present >= _LONG_NUMBER).all() or _ID_NAME.fullmatch(name):
        _LOG.warning(
            "column %r: all values are different whole numbers: an identifier? --ignore %s leaves it out", name, name
        )
