"""The lines of a CSV text as columns of texts: read strictly, so that a damaged line is named."""

import csv
import io
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from src.service.training.errors import TrainingError

SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE: Final = 200
_LOOKED_AT: Final = 20
_SHOWN: Final = 5
# Excel's own first line: https://support.microsoft.com/office/import-or-export-text-txt-or-csv-files
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
# A spreadsheet writes ="05001" so that the zero survives.
_FORMULA_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
# Some programs put texts between apostrophes; then all values of a line are.
_IN_APOSTROPHES: Final = re.compile(r"\s*'[^'\"]*'(?:\s*[,;\t|]\s*'[^'\"]*')*\s*")
# A name that was broken into two lines in the spreadsheet, or that has a no-break space.
_OTHER_BLANKS: Final = re.compile(r"[^\S ]+ *| +[^\S ]\s*")
# Letters that nobody sees come along when a table is copied from a page.
_UNSEEN: Final = " \u00a0\u200b\u200c\u200e\u200f\u202a\u202c\u2060\ufeff"
_NUMBER: Final = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")
# Control characters that separate records: no cell of a text file holds them.
_END: Final = "\x1e\x1f"
_SUMS: Final = frozenset({"total", "totales", "total general", "grand total", "totals", "suma", "sum", "promedio"})


@dataclass(frozen=True)
class _Dialect:
    """What stands between values, and around those that may hold it."""

    separator: str
    quotation: str

    def reader(self, lines: Iterable[str]) -> Any:
        return csv.reader(lines, delimiter=self.separator, quotechar=self.quotation, skipinitialspace=True)


@dataclass(frozen=True)
class Records:
    """A table of texts without blanks around them.

    Attributes:
        separator: What stood between the values.
        names: The columns' names, each once and on one line; empty for those without a name.
        columns: For each name, one text a row.
        lines: For each row, the line of the file on which it ends.
        notes: Sentences about what was left out.
    """

    separator: str
    names: list[str]
    columns: list[list[str]]
    lines: list[int]
    notes: list[str]


def read_records(path: Path, text: str, target: str, separator: str | None) -> Records:
    """Split the text into columns.

    Args:
        path: The file's name, for the messages.
        text: Its text.
        target: A name that the header must have, by which the separator is told.
        separator: What stands between values; None to find it.

    Raises:
        TrainingError: A line has another number of values than the header, a name comes twice, or there are no rows.
    """
    first = _SEPARATOR_LINE.match(text)
    skipped = 0
    if first:
        text, skipped = text[first.end() :], 1
        separator = separator or first[1]
    quotation = _quotation(text)
    forced = separator is not None and not first
    found = _separator(text, target, quotation)
    separator = separator or found
    names, rows, lines = _split(path, text, _Dialect(separator, quotation), skipped)
    notes: list[str] = []
    if quotation != '"':
        notes.append(f"values stand between {quotation!r}")
    try:
        _check_header(path, names, rows, lines, target, separator)
    except TrainingError as error:
        if forced and found != separator:
            raise TrainingError(f"{str(error).rstrip('?')}; without --separator it is read with {found!r}") from None
        raise
    if all(_NUMBER.fullmatch(name) for name in names):
        shown = ", ".join(repr(name) for name in names[:_SHOWN])
        notes.append(f"all columns have numbers for names ({shown}): is line {skipped + 1} the header?")
    empty = [place for place, row in enumerate(rows) if not any(row)]
    if empty:
        notes.append(f"{len(empty)} line(s) without any value are left out")
    if _is_sum(rows, skip=set(empty)):
        last = max(place for place in range(len(rows)) if any(rows[place]))
        notes.append(
            f"line {lines[last]}, which begins with {_first(rows[last])!r}, is left out: it sums up the others"
        )
        empty.append(last)
    gone = set(empty)
    kept = [place for place in range(len(rows)) if place not in gone]
    if not kept:
        raise TrainingError(f"{path} has a header but no rows")
    return Records(
        separator=separator,
        names=names,
        columns=[[rows[place][column] for place in kept] for column in range(len(names))],
        lines=[lines[place] for place in kept],
        notes=notes,
    )


def plain_name(name: str) -> str:
    """Write a column's name on one line, with ordinary blanks, and each accent as one letter with its vowel."""
    return unicodedata.normalize("NFC", _OTHER_BLANKS.sub(" ", _clean(name)))


def _quotation(text: str) -> str:
    """The mark between which values may stand."""
    lines = (line for line in text.splitlines() if line.strip())
    return "'" if any(_IN_APOSTROPHES.fullmatch(line) for line in itertools.islice(lines, 2)) else '"'


def _separator(text: str, target: str, quotation: str) -> str:
    """The separator with which most lines have as many values as the header, and the header has the target."""

    def score(candidate: str) -> tuple[bool, float, int]:
        try:
            sample = list(itertools.islice(_cells(text, _Dialect(candidate, quotation)), _SAMPLE))
        except csv.Error:
            return (False, 0.0, 0)
        if not sample or len(sample[0]) < 2:  # noqa: PLR2004 - one value is not separated from anything
            return (False, 0.0, 0)
        width = len(_without_empty_end(sample[0]))
        fitting = sum(len(_without_empty_end(row, width)) == width for row in sample)
        return (target in map(plain_name, sample[0]), fitting / len(sample), width)

    scores = {candidate: score(candidate) for candidate in SEPARATORS}
    if any(width for _, _, width in scores.values()):
        return max(SEPARATORS, key=lambda candidate: scores[candidate])
    # One column: what does not split its values, such as a decimal comma, is as good as any.
    lines = text.splitlines()[:_SAMPLE]
    return next((mark for mark in SEPARATORS if not any(mark in line for line in lines)), SEPARATORS[0])


def _cells(text: str, dialect: _Dialect) -> Iterator[list[str]]:
    for row in dialect.reader(io.StringIO(text, newline="")):
        if row:
            yield [_clean(cell) for cell in row]


def _clean(cell: str) -> str:
    cell = cell.strip().strip(_UNSEEN)
    formula = _FORMULA_TEXT.fullmatch(cell)
    return formula[1].strip() if formula else cell


def _without_empty_end(row: list[str], width: int = 0) -> list[str]:
    """Drop empty values at the end, down to a width: spreadsheets write them for columns that are long empty."""
    length = len(row)
    while length > width and not row[length - 1]:
        length -= 1
    return row[:length]


def _split(path: Path, text: str, dialect: _Dialect, skipped: int) -> tuple[list[str], list[list[str]], list[int]]:
    # The last line shows whether a quotation mark was left open: then it is swallowed by the value before it.
    source = itertools.chain(io.StringIO(text, newline=""), [_END])
    reader = dialect.reader(source)
    names: list[str] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    ended = False
    opened = 0
    try:
        for row in reader:
            if row == [_END]:
                ended = True
                break
            opened = reader.line_num + skipped
            if not row:
                continue
            cells = [_clean(cell) for cell in row]
            if names is None:
                names = [plain_name(name) for name in _without_empty_end(cells) or cells]
                continue
            if len(cells) > len(names):
                cells = _without_empty_end(cells, len(names))
            if len(cells) == 1 and not cells[0]:
                continue
            rows.append(cells)
            lines.append(opened)
    except csv.Error as error:
        raise TrainingError(f"{path} is not a CSV file: line {reader.line_num + skipped}: {error}") from None
    if not ended:
        started = lines[-2] + 1 if len(lines) > 1 else 1
        raise TrainingError(f"{path} has a quotation mark that is never closed, at line {started} or after it")
    return names or [], rows, lines


def _check_header(  # noqa: PLR0913, PLR0917 - what the sentences need
    path: Path, names: list[str], rows: list[list[str]], lines: list[int], target: str, separator: str
) -> None:
    known = bool(target) and target in names
    if not known:
        _check_title_lines(path, rows, lines, target)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            hint = "; a decimal comma needs quotation marks around the number" if len(row) > len(names) > 1 else ""
            raise TrainingError(
                f"{path}: line {line} has {len(row)} values, but the header has {len(names)} (separator {separator!r})"
                + (hint if separator == "," else "")
            )
    repeated = [name for name, count in Counter(names).items() if count > 1 and name]
    if repeated:
        raise TrainingError(f"{path} has more than one column named {', '.join(repr(name) for name in repeated)}")
    if not any(any(row) for row in rows):
        raise TrainingError(f"{path} has a header but no rows")
    if not known:
        shown = ", ".join(repr(name) for name in names if name)
        hint = ""
        if len(names) == 1:
            hint = f"; is another --separator needed than {separator!r}?"
        elif all(_NUMBER.fullmatch(name) for name in names if name):
            hint = "; the first line must be the names of the columns"
        raise TrainingError(f"{path} has no column {target!r} to predict; it has {shown}{hint}")


def _check_title_lines(path: Path, rows: list[list[str]], lines: list[int], target: str) -> None:
    for row, line in zip(rows[:_LOOKED_AT], lines, strict=False):
        if target in row:
            raise TrainingError(
                f"{path} has no column {target!r} in its first line, but line {line} has it: delete the lines above"
            )


def _is_sum(rows: list[list[str]], skip: set[int]) -> bool:
    """Whether the last row is a total of the others: its first value says so, and no other row has that value."""
    filled = [row for place, row in enumerate(rows) if place not in skip]
    if len(filled) < 2:  # noqa: PLR2004 - a total of something
        return False
    word = _first(filled[-1])
    return word.rstrip(": ").casefold() in _SUMS and all(word not in row for row in filled[:-1])


def _first(row: list[str]) -> str:
    return next((cell for cell in row if cell), "")
