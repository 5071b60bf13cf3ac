"""What each column of a CSV file is: numbers, booleans, dates or text, found from all of its texts."""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd

from src.service.training.csv_input.dates import looks_like_a_date, read_dates
from src.service.training.csv_input.missing_marks import is_mark
from src.service.training.csv_input.number_format import (
    BLANK,
    Evidence,
    NumberFormat,
    Written,
    decimal_of,
    evidence,
    together,
    written,
)
from src.service.training.csv_input.options import CsvOptions
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

# Texts among numbers are gaps up to this share of the values that are there, and this many different ones.
FEW_SHARE: Final = 0.1
FEW_TEXTS: Final = 10
_MOSTLY: Final = 0.5
_SHOWN: Final = 5
_MANY_DIGITS: Final = 2**53
_ENOUGH_FOR_IDS: Final = 20
# From here on a number that rises from row to row is rather that of a card or an order than a quantity.
_LONG_NUMBER: Final = 10**8
# Numbers by which programs say that a value is missing, when they lie far from all others.
_SENTINELS: Final = frozenset(sign * value for sign in (1, -1) for value in (99, 999, 9999, 99999, 999999))
_PHONE: Final = re.compile(r"\+\d{7,15}")
_TRUE: Final = frozenset({"true", "verdadero"})
_FALSE: Final = frozenset({"false", "falso"})
# The usual ones first: a text that looks like a number is tried by them in turn.
_FORMATS: Final = (
    *(NumberFormat(decimal) for decimal in ".,"),
    *(NumberFormat(decimal, mark) for decimal, other in (".,", ",.") for mark in (BLANK, "'", other)),
)
_ID_NAME: Final = re.compile(
    r"(?:.*[_ .-])?(?:id|ids|uuid|c[oó]digo|cod|c[eé]dula|dni|nit|nif|rut|rfc|folio|documento|index)(?:[_ .-].*)?",
    re.IGNORECASE,
)
_DAY: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_WITH_UNIT: Final = re.compile(r"[-+]?\d[\d.,]*\s*[^\W\d_]\w*[²³]?|[^\W\d_]+\.?\s*\d[\d.,]*")


@dataclass(frozen=True, eq=False)
class ReadColumn:
    """One column as it was understood.

    Attributes:
        data: float64, int64, bool (objects where there are gaps), datetime64[ns] or text.
        kind: number, integer, boolean, date or category.
        marks: The texts that are gaps, each with its count; empty values are not among them.
        number_format: How its numbers are written.
    """

    data: pd.Series
    kind: str
    marks: dict[str, int]
    number_format: NumberFormat | None = None


class _Texts:
    """The different texts of one column, and what they look like."""

    def __init__(self, name: str, cells: Sequence[str], lines: Sequence[int], missing: tuple[str, ...] | None) -> None:
        self.name = name
        self.cells = cells
        self.lines = lines
        self.missing = missing
        self.counts = Counter(cells)
        self.present = {text: count for text, count in self.counts.items() if not is_mark(text, missing, numbers=True)}
        self.numbers: dict[str, Written] = {}
        for text in self.present:
            number = written(text)
            if number is not None and any(form.value(number) is not None for form in _FORMATS):
                self.numbers[text] = number
        self.words = {text: count for text, count in self.present.items() if text not in self.numbers}

    @cached_property
    def evidence(self) -> Evidence:
        """What the numbers tell about their marks."""
        return evidence(number.body for number in self.numbers.values())

    def line(self, text: str) -> int:
        """The first line with that text."""
        return self.lines[self.cells.index(text)]

    def number_share(self) -> float:
        """How many of the values that are there look like numbers."""
        there = sum(self.present.values())
        return sum(self.counts[text] for text in self.numbers) / there if there else 0.0

    def are_numbers(self) -> bool:
        """Whether they are numbers, but for a few words, and no codes."""
        return (
            bool(self.numbers)
            and self.number_share() >= 1 - FEW_SHARE
            and len(self.words) <= FEW_TEXTS
            and not self.code()
            and not self.mixed_units()
        )

    def code(self) -> str:
        """Why the digits are a code and no number; empty when they are none."""
        if self.numbers and all(_PHONE.fullmatch(text) for text in self.numbers):
            return f"it has values like telephone numbers, such as {next(iter(self.numbers))!r}"
        digits = [text for text in self.numbers if text.isdecimal()]
        if len(digits) < len(self.numbers):
            return ""
        for text in digits:
            if len(text) > 1 and text[0] == "0":
                return f"it has values with leading zeros, such as {text!r}"
        for text in digits:
            if int(text) > _MANY_DIGITS:
                return f"it has values with more digits than a number holds exactly, such as {text!r}"
        return ""

    def mixed_units(self) -> list[str]:
        """The signs of currency or percent, when there are several, or a percent sign at some values only."""
        units = sorted({number.unit for number in self.numbers.values()})
        signs = [unit for unit in units if unit]
        return units if len(signs) > 1 or (len(units) > 1 and "%" in units) else []


def read_columns(
    columns: Mapping[str, Sequence[str]], lines: Sequence[int], options: CsvOptions, target: str, separator: str
) -> dict[str, ReadColumn]:
    """Turn columns of texts into columns of values.

    Args:
        columns: Texts without blanks around them, by the column's name.
        lines: The line of the file for each row.
        options: What the caller has decided.
        target: The column to predict.
        separator: What stood between the values; it tells which decimal mark is usual where no number does.

    Raises:
        TrainingError: A column does not hold what an option says, or its numbers are written in several ways.
    """
    texts = {name: _Texts(name, cells, lines, options.missing) for name, cells in columns.items()}
    numeric = [
        found
        for name, found in texts.items()
        if name in options.number + options.integer
        or (name not in options.text + options.date and found.are_numbers() and not _boolean(found))
    ]
    whole_file = together(found.evidence for found in numeric)
    read = {
        name: _read(found, options, whole_file, separator, numeric=found in numeric) for name, found in texts.items()
    }
    for name, column in read.items():
        _tell_gaps(texts[name], column, options)
        _point_out(texts[name], column, options, is_target=name == target)
    _tell_unused_marks(columns, options)
    return read


def _read(
    texts: _Texts,
    options: CsvOptions,
    whole_file: Evidence,
    separator: str,
    *,
    numeric: bool,
) -> ReadColumn:
    name = texts.name
    if name in options.text:
        return _text(texts, lambda text: not text or text in (options.missing or ()))
    if name in options.date:
        return _dates(texts)
    if numeric:
        form = _format(texts, options, whole_file, separator)
        return _numbers(texts, form, options)
    if _boolean(texts):
        return _booleans(texts)
    code = texts.code() if texts.number_share() == 1 and texts.numbers else ""
    if code:
        _LOG.info("column %r is a code, not a number: %s; --number %s decides otherwise", name, code, name)
        return _text(texts, lambda text: is_mark(text, options.missing, numbers=True))
    # Marks that could be categories are not, when there is nothing else.
    return _text(
        texts, lambda text: is_mark(text, options.missing, numbers=options.missing is None and not texts.present)
    )


def _column(texts: _Texts, meaning: Mapping[str, Any], dtype: Any) -> pd.Series:
    return pd.Series([meaning.get(cell) for cell in texts.cells], dtype=dtype, name=texts.name)


def _text(texts: _Texts, is_gap: Any) -> ReadColumn:
    gaps = {text: count for text, count in texts.counts.items() if is_gap(text)}
    values = _column(texts, {text: text for text in texts.counts if text not in gaps}, "str")
    return ReadColumn(values, "category", _named(gaps))


def _named(gaps: Mapping[str, int]) -> dict[str, int]:
    return {text: count for text, count in gaps.items() if text}


def _boolean(texts: _Texts) -> bool:
    return bool(texts.present) and all(text.casefold() in _TRUE | _FALSE for text in texts.present)


def _booleans(texts: _Texts) -> ReadColumn:
    meaning = {text: text.casefold() in _TRUE for text in texts.present}
    complete = len(meaning) == len(texts.counts)
    gaps = {text: count for text, count in texts.counts.items() if text not in meaning}
    return ReadColumn(_column(texts, meaning, bool if complete else object), "boolean", _named(gaps))


def _dates(texts: _Texts) -> ReadColumn:
    known = list(texts.present)
    moments, way = read_dates(known)
    for text, moment in zip(known, moments, strict=True):
        if pd.isna(moment):
            raise TrainingError(
                f"--date {texts.name}: line {texts.line(text)} has {text!r}, which is no date "
                f"(the others were read as {way}) or is before 1678 or after 2261"
            )
    _LOG.info("column %r: dates written as %s; the model learns from the time that passes", texts.name, way)
    gaps = {text: count for text, count in texts.counts.items() if text not in texts.present}
    meaning = dict(zip(known, moments, strict=True))
    return ReadColumn(_column(texts, meaning, "datetime64[ns]"), "date", _named(gaps))


def _format(texts: _Texts, options: CsvOptions, whole_file: Evidence, separator: str) -> NumberFormat:
    """How the numbers of a column are written: by the options, by themselves, by the others, by the separator."""
    bodies = [number.body for number in texts.numbers.values()]
    own = texts.evidence
    decimal = options.decimal or {".": ",", ",": "."}.get(options.thousands or "") or decimal_of(own)
    by = ""
    if decimal is None and own.unclear:
        decimal, by = _unclear_decimal(bodies, own, whole_file, separator, options.thousands)
    decimal = decimal or decimal_of(whole_file) or usual_decimal(separator)
    if options.thousands is not None:
        thousands = options.thousands
    else:
        possible = {mark: count for mark, count in own.thousands.items() if mark != decimal}
        if not possible and any(mark != decimal for mark in own.unclear):
            possible = {"," if decimal == "." else ".": 1}
        thousands = max(possible, key=lambda mark: possible[mark]) if possible else ""
    form = NumberFormat(decimal, thousands)
    _check_all(texts, form, options)
    if by:
        text = next(text for text, number in texts.numbers.items() if number.body in own.unclear.values())
        _LOG.log(
            logging.WARNING if decimal_of(whole_file) is None else logging.INFO,
            "column %r: %r could be two numbers and is read as %.10g (%s); --decimal and --thousands decide otherwise",
            texts.name, text, form.value(texts.numbers[text]), by,
        )  # fmt: skip
    return form


def _unclear_decimal(
    bodies: Sequence[str], own: Evidence, whole_file: Evidence, separator: str, thousands: str | None
) -> tuple[str, str]:
    mark = next(iter(own.unclear))
    if thousands is not None and mark != thousands:
        return mark, ""
    if any(body.isdecimal() and len(body) > 3 for body in bodies):  # noqa: PLR2004 - a group has three digits
        return mark, "other numbers of the column have no thousands mark"
    decimal = decimal_of(whole_file)
    if decimal:
        return decimal, f"other columns have decimal {decimal!r}"
    usual = usual_decimal(separator)
    return usual, f"decimal {usual!r} is usual with separator {separator!r}"


def usual_decimal(separator: str) -> str:
    """Spreadsheets write semicolons where their decimal mark is a comma."""
    return "," if separator == ";" else "."


def _check_all(texts: _Texts, form: NumberFormat, options: CsvOptions) -> None:
    wrong = [text for text, number in texts.numbers.items() if form.value(number) is None]
    if not wrong:
        return
    count = sum(texts.counts[text] for text in wrong)
    thousands = f"thousands {form.thousands!r}" if form.thousands else "no thousands mark"
    what = (
        f"column {texts.name!r} has {count} value(s) such as {wrong[0]!r} (line {texts.line(wrong[0])}) "
        f"that are not numbers with decimal {form.decimal!r} and {thousands}"
    )
    if options.decimal or options.thousands is not None:
        raise TrainingError(f"{what}: correct --decimal or --thousands, or leave them out to have them found")
    right = next(text for text in texts.numbers if text not in wrong)
    raise TrainingError(
        f"{what}, as {right!r} (line {texts.line(right)}) is: write them all in one way, or use --text {texts.name}"
    )


def _numbers(texts: _Texts, form: NumberFormat, options: CsvOptions) -> ReadColumn:
    name = texts.name
    forced = next((option for option in ("number", "integer") if name in getattr(options, option)), "")
    if forced and texts.words:
        word = next(iter(texts.words))
        raise TrainingError(
            f"--{forced} {name}: line {texts.line(word)} has {word!r}, which is no number; "
            f"--missing {word!r} would make it a gap"
        )
    values = {text: form.value(number) for text, number in texts.numbers.items()}
    sentinels = {form.value(number) for mark in options.missing or () if (number := written(mark))} - {None}
    meaning = {text: value for text, value in values.items() if value not in sentinels}
    gaps = {text: count for text, count in texts.counts.items() if text not in meaning}
    if forced == "integer":
        for text in texts.cells:
            value = meaning.get(text)
            if value is None or not value.is_integer() or abs(value) > _MANY_DIGITS:
                raise TrainingError(
                    f"--integer {name}: line {texts.line(text)} has {text!r}, which is no whole number; "
                    f"--number {name} takes fractions and gaps"
                )
        return ReadColumn(_column(texts, meaning, "float64").astype("int64"), "integer", {}, form)
    units = {number.unit for number in texts.numbers.values()} - {""}
    if units:
        shown = ", ".join(repr(unit) for unit in sorted(units))
        example = next(text for text, number in texts.numbers.items() if number.unit)
        _LOG.warning("column %r: %s is left out, %r is read as %.10g", name, shown, example, values[example])
    inside = next((text for text, number in texts.numbers.items() if number.unusual), None)
    if inside is not None:
        _LOG.warning("column %r: %r is read as %.10g", name, inside, values[inside])
    return ReadColumn(_column(texts, meaning, "float64"), "number", _named(gaps), form)


def _counted(marks: Mapping[str, int]) -> str:
    most = sorted(marks.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{text!r} ({count})" for text, count in most[:_SHOWN])
    return shown + (f" and {len(most) - _SHOWN} more" if len(most) > _SHOWN else "")


def _tell_gaps(texts: _Texts, column: ReadColumn, options: CsvOptions) -> None:
    if not column.marks:
        return
    name = texts.name
    words = {text: count for text, count in column.marks.items() if text in texts.words}
    if column.kind == "number" and words:
        _LOG.warning(
            "column %r is read as numbers: %s among them are taken for gaps; --text %s makes it text",
            name, _counted(words), name,
        )  # fmt: skip
    marks = {text: count for text, count in column.marks.items() if text not in words or column.kind != "number"}
    if marks:
        keep = (
            ""
            if column.kind != "category" or options.missing is not None
            else f"; --missing or --text {name} keeps them as text"
        )
        _LOG.info("column %r: %d gaps are written %s%s", name, sum(marks.values()), _counted(marks), keep)


def _point_out(texts: _Texts, column: ReadColumn, options: CsvOptions, *, is_target: bool) -> None:
    """Say what a person would want to decide otherwise."""
    name = texts.name
    if name in options.text + options.number + options.integer + options.date:
        return
    if column.kind == "number":
        if is_target:
            _point_out_sentinels(name, column.data)
        elif all(_DAY.fullmatch(text) for text in texts.present):
            _LOG.warning("column %r looks like dates and is read as numbers; --date %s reads dates", name, name)
        else:
            _point_out_ids(name, column.data)
            _point_out_sentinels(name, column.data)
    if column.kind != "category" or not texts.present:
        return
    _point_out_kept_marks(texts, column, options)
    units = texts.mixed_units()
    if units and texts.number_share() >= 1 - FEW_SHARE:
        shown = ", ".join(repr(unit) if unit else "none" for unit in units)
        _LOG.warning("column %r is text: its numbers have different signs (%s); write them all in one way", name, shown)
    elif texts.number_share() >= _MOSTLY and texts.words:
        _LOG.warning(
            "column %r is text, though most values are numbers: %s are not; --missing TEXT makes them gaps",
            name, _counted(texts.words),
        )  # fmt: skip
    elif all(looks_like_a_date(text) for text in texts.present) and not is_target:
        _LOG.warning("column %r looks like dates and is read as text; --date %s reads dates", name, name)
    elif all(_WITH_UNIT.fullmatch(text) for text in texts.present) and len(texts.present) > _ENOUGH_FOR_IDS:
        example = next(iter(texts.present))
        _LOG.warning("column %r is text: values such as %r have letters; numbers stand alone", name, example)


def _point_out_kept_marks(texts: _Texts, column: ReadColumn, options: CsvOptions) -> None:
    """A hyphen may be a category (a blood group has one); in a column of numbers it would be a gap."""
    kept = {text: count for text, count in texts.counts.items() if text not in texts.present and text}
    kept = {text: count for text, count in kept.items() if text not in column.marks}
    if kept and texts.present and options.missing is None:
        _LOG.info(
            "column %r: %s count as values like the others; --missing TEXT makes them gaps", texts.name, _counted(kept)
        )


def _point_out_sentinels(name: str, values: pd.Series) -> None:
    counts = values.value_counts()
    for sentinel in _SENTINELS:
        count = counts.get(float(sentinel), 0)
        others = counts.index[counts.index != sentinel]
        if count > 1 and len(others):
            spread = others.max() - others.min()
            if min(abs(sentinel - others.min()), abs(sentinel - others.max())) > spread and not (
                others.min() <= sentinel <= others.max()
            ):
                _LOG.warning(
                    "column %r: %d (%d) lies far from the other values: a gap? --missing=%d makes it one",
                    name, sentinel, count, sentinel,
                )  # fmt: skip


def _point_out_ids(name: str, values: pd.Series) -> None:
    known = values.dropna()
    if len(known) < _ENOUGH_FOR_IDS or known.duplicated().any() or not (known % 1 == 0).all():
        return
    ordered = known.is_monotonic_increasing or known.is_monotonic_decreasing
    counts_rows = ordered and known.iloc[0] in {0, 1} and known.iloc[-1] - known.iloc[0] == len(known) - 1
    if not ordered or counts_rows or (known >= _LONG_NUMBER).all() or _ID_NAME.fullmatch(name):
        _LOG.warning(
            "column %r: all values are different whole numbers: an identifier? --ignore %s leaves it out", name, name
        )


def _tell_unused_marks(columns: Mapping[str, Sequence[str]], options: CsvOptions) -> None:
    for mark in options.missing or ():
        number = written(mark)
        if mark and number is None and not any(mark in cells for cells in columns.values()):
            _LOG.warning("--missing %r is nowhere in the file", mark)
