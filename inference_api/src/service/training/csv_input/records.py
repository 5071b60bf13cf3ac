"""Split CSV text into columns of texts; a line with another number of values than the header is an error."""

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
_SAMPLE_LINES: Final = 200
_MAX_TITLE_LINES: Final = 20
_SHOWN: Final = 5
# A first line in which Excel names the separator: https://support.microsoft.com/office/import-or-export-text-txt-or-csv-files
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
# Spreadsheets write ="05001" to keep the leading zero.
_FORMULA_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
# A line whose values are all in apostrophes: some programs quote in this way.
_IN_APOSTROPHES: Final = re.compile(r"\s*'[^'\"]*'(?:\s*[,;\t|]\s*'[^'\"]*')*\s*")
# White space other than a blank, such as the line break or the no-break space in a name of a spreadsheet.
_OTHER_BLANKS: Final = re.compile(r"[^\S ]+ *| +[^\S ]\s*")
# Invisible characters: they are copied along with a table of a web page.
_INVISIBLE: Final = " \u00a0\u200b\u200c\u200e\u200f\u202a\u202c\u2060\ufeff"
_NUMBER: Final = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")
# Record separators of ASCII, which no cell of a text file holds.
_END_LINE: Final = "\x1e\x1f"
_TOTAL_WORDS: Final = frozenset(
    {"total", "totales", "total general", "grand total", "totals", "suma", "sum", "promedio"}
)


@dataclass(frozen=True)
class _Dialect:
    """The separator, and the mark around values that hold it."""

    separator: str
    quote: str

    def reader(self, lines: Iterable[str]) -> Any:
        return csv.reader(lines, delimiter=self.separator, quotechar=self.quote, skipinitialspace=True)


@dataclass(frozen=True)
class Records:
    """A table of texts without surrounding blanks.

    Attributes:
        separator: What separates the values.
        names: The columns' names, distinct and each on one line; empty for a column without a name.
        columns: For each name, one text per row.
        lines: For each row, the line of the file where it ends.
        notes: Sentences for the log about what was found or left out.
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
        target: A name that the header must have; it helps to detect the separator.
        separator: What separates the values; None to detect it.

    Raises:
        TrainingError: A line has another number of values than the header, a name comes twice, the target is missing,
            or there are no rows.
    """
    separator_line = _SEPARATOR_LINE.match(text)
    skipped = 0
    if separator_line:
        text, skipped = text[separator_line.end() :], 1
        separator = separator or separator_line[1]
    quote = _detected_quote(text)
    forced = separator is not None and not separator_line
    detected = _detected_separator(text, target, quote)
    separator = separator or detected
    names, rows, lines = _split(path, text, _Dialect(separator, quote), skipped)
    notes: list[str] = []
    if quote != '"':
        notes.append(f"values stand between {quote!r}")
    try:
        _check_header(path, names, rows, lines, target, separator)
    except TrainingError as error:
        if forced and detected != separator:
            raise TrainingError(f"{str(error).rstrip('?')}; without --separator it is read with {detected!r}") from None
        raise
    if all(_NUMBER.fullmatch(name) for name in names):
        shown = ", ".join(repr(name) for name in names[:_SHOWN])
        notes.append(f"all columns have numbers for names ({shown}): is line {skipped + 1} the header?")
    kept = [index for index, row in enumerate(rows) if any(row)]
    if len(kept) < len(rows):
        notes.append(f"{len(rows) - len(kept)} line(s) without any value are left out")
    if _ends_with_total([rows[index] for index in kept]):
        last = kept.pop()
        notes.append(
            f"line {lines[last]}, which begins with {_first_value(rows[last])!r}, is left out: it sums up the others"
        )
    return Records(
        separator=separator,
        names=names,
        columns=[[rows[index][column] for index in kept] for column in range(len(names))],
        lines=[lines[index] for index in kept],
        notes=notes,
    )


def plain_name(name: str) -> str:
    """Normalize a column's name: one line, single blanks, and composed accents (NFC)."""
    return unicodedata.normalize("NFC", _OTHER_BLANKS.sub(" ", _clean(name)))


def _detected_quote(text: str) -> str:
    """The apostrophe if all values of one of the first two lines are in apostrophes, else the quotation mark."""
    lines = (line for line in text.splitlines() if line.strip())
    return "'" if any(_IN_APOSTROPHES.fullmatch(line) for line in itertools.islice(lines, 2)) else '"'


def _detected_separator(text: str, target: str, quote: str) -> str:
    """The separator with which the header has the target and most lines have as many values as the header."""

    def score(candidate: str) -> tuple[bool, float, int]:
        try:
            sample = list(itertools.islice(_cells(text, _Dialect(candidate, quote)), _SAMPLE_LINES))
        except csv.Error:
            return (False, 0.0, 0)
        if not sample or len(sample[0]) < 2:  # noqa: PLR2004 - one value has no separator
            return (False, 0.0, 0)
        width = len(_strip_empty_end(sample[0]))
        fitting = sum(len(_strip_empty_end(row, width)) == width for row in sample)
        return (target in map(plain_name, sample[0]), fitting / len(sample), width)

    scores = {candidate: score(candidate) for candidate in SEPARATORS}
    if any(width for _, _, width in scores.values()):
        return max(SEPARATORS, key=lambda candidate: scores[candidate])
    # One column: any separator will do that does not split its values, as a comma would split decimal numbers.
    lines = text.splitlines()[:_SAMPLE_LINES]
    return next((mark for mark in SEPARATORS if not any(mark in line for line in lines)), SEPARATORS[0])


def _cells(text: str, dialect: _Dialect) -> Iterator[list[str]]:
    for row in dialect.reader(io.StringIO(text, newline="")):
        if row:
            yield [_clean(cell) for cell in row]


def _clean(cell: str) -> str:
    cell = cell.strip().strip(_INVISIBLE)
    formula = _FORMULA_TEXT.fullmatch(cell)
    return formula[1].strip() if formula else cell


def _strip_empty_end(row: list[str], width: int = 0) -> list[str]:
    """Drop empty values at the end, down to a width: spreadsheets write them for columns that were deleted."""
    length = len(row)
    while length > width and not row[length - 1]:
        length -= 1
    return row[:length]


def _split(path: Path, text: str, dialect: _Dialect, skipped: int) -> tuple[list[str], list[list[str]], list[int]]:
    # When a quotation mark is never closed, the last value includes the added line: so it does not come alone.
    source = itertools.chain(io.StringIO(text, newline=""), [_END_LINE])
    reader = dialect.reader(source)
    names: list[str] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    complete = False
    try:
        for row in reader:
            if row == [_END_LINE]:
                complete = True
                break
            if not row:
                continue
            cells = [_clean(cell) for cell in row]
            if names is None:
                names = [plain_name(name) for name in _strip_empty_end(cells) or cells]
                continue
            if len(cells) > len(names):
                cells = _strip_empty_end(cells, len(names))
            if len(cells) == 1 and not cells[0]:
                continue
            rows.append(cells)
            lines.append(reader.line_num + skipped)
    except csv.Error as error:
        raise TrainingError(f"{path} is not a CSV file: line {reader.line_num + skipped}: {error}") from None
    if not complete:
        started = lines[-2] + 1 if len(lines) > 1 else 1
        raise TrainingError(f"{path} has a quotation mark that is never closed, at line {started} or after it")
    return names or [], rows, lines


def _check_header(  # noqa: PLR0913, PLR0917 - what the messages name
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
    for row, line in zip(rows[:_MAX_TITLE_LINES], lines, strict=False):
        if target in row:
            raise TrainingError(
                f"{path} has no column {target!r} in its first line, but line {line} has it: delete the lines above"
            )


def _ends_with_total(rows: list[list[str]]) -> bool:
    """Whether the last row is a total of the others: its first value says so, and no other row has that value."""
    if len(rows) < 2:  # noqa: PLR2004 - a total needs another row
        return False
    word = _first_value(rows[-1])
    return word.rstrip(": ").casefold() in _TOTAL_WORDS and all(word not in row for row in rows[:-1])


def _first_value(row: list[str]) -> str:
    return next((cell for cell in row if cell), "")
