"""Decode a CSV file: by its byte order mark, else as UTF-8 or UTF-16, else in the 8-bit encoding that fits best."""

import codecs
import logging
import re
import unicodedata
from pathlib import Path
from typing import Final

from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Windows, DOS ("CSV (MS-DOS)" of a spreadsheet), old Macintosh, and Latin-1 for bytes that cp1252 does not define.
_LEGACY: Final = ("cp1252", "cp850", "mac_roman", "latin-1")
_WESTERN_LETTERS: Final = frozenset("áéíóúüñçàèìòùâêîôûãõäößÁÉÍÓÚÜÑÇÀÈÒÃÕÄÖ¿¡ºª€°²³")
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


def decode(path: Path, content: bytes, encoding: str | None) -> tuple[str, str]:
    """Decode the file.

    Args:
        path: Its name, for the messages.
        content: Its bytes.
        encoding: The encoding to use; None to detect it.

    Returns:
        The text without a byte order mark, and the encoding's name.

    Raises:
        TrainingError: It is no text, of another file type, empty, or not in the given encoding.
    """
    for beginning, kind, advice in _NOT_CSV:
        if content.startswith(beginning):
            raise TrainingError(f"{path} is {kind}, not a CSV file: {advice}")
    name = encoding or _detected(path, content)
    try:
        text = content.decode(name)
    except UnicodeDecodeError as error:
        advice = "leave --encoding out or correct it" if encoding else "the file is damaged or cut off"
        raise TrainingError(f"{path} is not {name} text (byte {error.start}): {advice}") from None
    if encoding and b"\n" in content.strip() and len(text.splitlines()) == 1:
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
        _warn_if_unlikely(path, content, _python_name(encoding))
    # A Macintosh may write an accent as a separate character (NFD); the clients of the service send NFC.
    return unicodedata.normalize("NFC", text), "utf-8" if name == "utf-8-sig" else name


def _warn_if_unlikely(path: Path, content: bytes, encoding: str) -> None:
    """Warn when the bytes beyond ASCII fit another encoding better than the given one."""
    if encoding.startswith("utf"):
        return
    if _is_non_ascii_utf_8(content):
        _LOG.warning(
            "--encoding %s: %s is valid UTF-8, so its letters with accents may be read wrongly", encoding, path
        )
    elif encoding in map(_python_name, _LEGACY) and _count_western_letters(content, encoding) < _count_western_letters(
        content, found := _legacy(content)
    ):
        _LOG.warning(
            "--encoding %s: %s looks like %s, so its letters with accents may be read wrongly", encoding, path, found
        )


def _python_name(encoding: str) -> str:
    return codecs.lookup(encoding).name


def _detected(path: Path, content: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    start = content[:1000]
    if start.count(0) > len(start) // 3:
        # Mostly ASCII text in UTF-16: the upper byte of each character is zero.
        return "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"
    if b"\0" in content:
        raise TrainingError(f"{path} is not a text file: it has bytes of zero; save the table as CSV")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        lenient = content.decode("utf-8", errors="replace")
        damaged = lenient.count("\ufffd")
        if sum(letter > "\x7f" for letter in lenient) - damaged > damaged:
            line = content.count(b"\n", 0, error.start) + 1
            raise TrainingError(
                f"{path} is UTF-8 text but for {damaged} place(s), the first in line {line}: save it again, "
                f"or give the --encoding that it has"
            ) from None
        return _legacy(content)
    return "utf-8"


def _is_non_ascii_utf_8(content: bytes) -> bool:
    """Whether this is valid UTF-8 with at least one character beyond ASCII."""
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _legacy(content: bytes) -> str:
    """The 8-bit encoding in which most bytes beyond ASCII are western letters; at a tie, that of Windows."""
    return max(_LEGACY, key=lambda name: _count_western_letters(content, name))


def _count_western_letters(content: bytes, encoding: str) -> int:
    """The number of bytes beyond ASCII that are western letters; -1 when the encoding does not define one of them."""
    non_ascii = bytes(byte for byte in content if byte >= 0x80)  # noqa: PLR2004 - where ASCII ends
    try:
        return sum(letter in _WESTERN_LETTERS for letter in non_ascii.decode(encoding))
    except UnicodeDecodeError:
        return -1
