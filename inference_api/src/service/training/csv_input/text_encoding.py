"""The bytes of a CSV file as text: the encoding is found by its byte order mark, else UTF-8, else an older one."""

import codecs
import logging
import re
import unicodedata
from pathlib import Path
from typing import Final

from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Windows, DOS ("CSV (MS-DOS)" of a spreadsheet) and the older Macintosh; what cp1252 leaves undefined is Latin-1.
_OLDER: Final = ("cp1252", "cp850", "mac_roman", "latin-1")
_EXPECTED: Final = frozenset("áéíóúüñçàèìòùâêîôûãõäößÁÉÍÓÚÜÑÇÀÈÒÃÕÄÖ¿¡ºª€°²³")
_NOT_CSV: Final = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or a zip file", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)", "save the sheet as CSV"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"PAR1", "a Parquet file", "write it as CSV"),
    (b"%PDF", "a PDF file", "export the table as CSV"),
    (b"SQLite format 3\x00", "a database", "export the table as CSV"),
)
_JSON: Final = re.compile(r"\s*(?:\{\s*\"|\[\s*[\[{])")
_MARKUP: Final = ("<html", "<!doctype", "<?xml", "<table", "<meta")


def decode(path: Path, raw: bytes, encoding: str | None) -> tuple[str, str]:
    """Decode the file.

    Args:
        path: Its name, for the messages.
        raw: Its content.
        encoding: The encoding to use; None to find it.

    Returns:
        The text without a byte order mark, and the encoding's name.

    Raises:
        TrainingError: It is no text, another kind of file, empty, or not of the given encoding.
    """
    for beginning, kind, advice in _NOT_CSV:
        if raw.startswith(beginning):
            raise TrainingError(f"{path} is {kind}, not a CSV file: {advice}")
    name = encoding or _found(path, raw)
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        advice = "leave --encoding out or correct it" if encoding else "the file is damaged or cut off"
        raise TrainingError(f"{path} is not {name} text (byte {error.start}): {advice}") from None
    if encoding and b"\n" in raw.strip() and len(text.splitlines()) == 1:
        raise TrainingError(f"{path} is one line as {encoding} text: leave --encoding out or correct it")
    # DOS ends a text file with a control character.
    text = text.removeprefix("\ufeff").rstrip("\x1a")
    if "\0" in text:
        raise TrainingError(f"{path} is not a text file: it has bytes of zero; save the table as CSV")
    if not text.strip():
        raise TrainingError(f"{path} is empty")
    if text.lstrip()[:9].lower().startswith(_MARKUP):
        raise TrainingError(
            f"{path} is a page (HTML or XML), not a CSV file: open it in a spreadsheet and save it as CSV"
        )
    if _JSON.match(text):
        raise TrainingError(f"{path} is JSON, not a CSV file: write the table as CSV")
    if encoding:
        _doubt(path, raw, _python_name(encoding))
    # A file that was written on a Macintosh may have its accents apart from their letters: nobody would send them so.
    return unicodedata.normalize("NFC", text), "utf-8" if name == "utf-8-sig" else name


def _doubt(path: Path, raw: bytes, encoding: str) -> None:
    """Say so when the bytes beyond ASCII are evidence against the encoding that was given."""
    if encoding.startswith("utf"):
        return
    if _is_utf_8(raw):
        _LOG.warning(
            "--encoding %s: %s is valid UTF-8, so its letters with accents may be read wrongly", encoding, path
        )
    elif encoding in map(_python_name, _OLDER) and _letters(raw, encoding) < _letters(raw, found := _older(raw)):
        _LOG.warning(
            "--encoding %s: %s looks like %s, so its letters with accents may be read wrongly", encoding, path, found
        )


def _python_name(encoding: str) -> str:
    return codecs.lookup(encoding).name


def _found(path: Path, raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    start = raw[:1000]
    if start.count(0) > len(start) // 3:
        # Text of mostly ASCII letters in UTF-16: the zero is the upper half of each letter.
        return "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"
    if b"\0" in raw:
        raise TrainingError(f"{path} is not a text file: it has bytes of zero; save the table as CSV")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        lenient = raw.decode("utf-8", errors="replace")
        damaged = lenient.count("\ufffd")
        if sum(letter > "\x7f" for letter in lenient) - damaged > damaged:
            line = raw.count(b"\n", 0, error.start) + 1
            raise TrainingError(
                f"{path} is UTF-8 text but for {damaged} place(s), the first in line {line}: save it again, "
                f"or give the --encoding that it has"
            ) from None
        return _older(raw)
    return "utf-8"


def _is_utf_8(raw: bytes) -> bool:
    """Whether there are letters beyond ASCII, all of them in UTF-8."""
    try:
        return not raw.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _older(raw: bytes) -> str:
    """The encoding in which most of the bytes beyond ASCII are letters of western languages; at a tie, Windows'."""
    return max(_OLDER, key=lambda name: _letters(raw, name))


def _letters(raw: bytes, encoding: str) -> int:
    """How many of the bytes beyond ASCII are letters of western languages; -1 when one of them is nothing."""
    foreign = bytes(byte for byte in raw if byte >= 0x80)  # noqa: PLR2004 - where ASCII ends
    try:
        return sum(letter in _EXPECTED for letter in foreign.decode(encoding))
    except UnicodeDecodeError:
        return -1
