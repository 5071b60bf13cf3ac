"""Which encoding a file has, and which files are no text."""

import codecs
from pathlib import Path

import pytest

from src.service.training.csv_input.text_encoding import decode
from src.service.training.errors import TrainingError

PATH = Path("data.csv")
TEXT = "año;señal;¿qué?\nÁvila;12,5;días\n"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("latin-1"), "cp1252"),
        (TEXT.encode("cp850"), "cp850"),
        (TEXT.encode("mac_roman"), "mac_roman"),
    ],
)
def test_the_encoding_is_found(raw: bytes, name: str) -> None:
    """The text comes back letter by letter, without a byte order mark."""
    assert decode(PATH, raw, None) == (TEXT, name)


def test_the_sign_of_the_euro_is_windows() -> None:
    """Latin-1 has none: the byte is the one of Windows-1252."""
    assert decode(PATH, "precio €;ñ".encode("cp1252"), None) == ("precio €;ñ", "cp1252")


def test_a_given_encoding_is_used() -> None:
    """The same bytes are other letters by another encoding."""
    assert decode(PATH, b"a\xa4", "cp850")[0] == "añ"
    assert decode(PATH, b"a\xa4", "iso8859-15")[0] == "a€"


def test_an_encoding_that_spoils_accents_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A file that is valid UTF-8 is hardly one of Windows, whatever was said."""
    assert decode(PATH, "año".encode(), "cp1252")[0] == "aÃ±o"
    assert "--encoding cp1252: data.csv is valid UTF-8" in caplog.text
    caplog.clear()
    decode(PATH, "año".encode("cp1252"), "cp1252")
    assert not caplog.text


@pytest.mark.parametrize(
    ("raw", "encoding", "sentence"),
    [
        (b"a\xf1o;y", "utf-8", r"data.csv is not utf-8 text \(byte 1\): leave --encoding out or correct it"),
        ("añoñá;y\n1;2\n".encode() + b"\xf1;1", None, "is UTF-8 text but for 1 place.*, the first in line 3"),
        ("a;y".encode("utf-16")[:-1], None, "is not utf-16 text .*: the file is damaged or cut off"),
        (b"a;y\n1;2\n3;4\n", "utf-16", "data.csv is one line as utf-16 text: leave --encoding out or correct it"),
        (b"PK\x03\x04rest", None, r"a spreadsheet \(.xlsx, .ods\) or a zip file.*: save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0rest", None, r"an old spreadsheet \(.xls\).*: save the sheet as CSV"),
        (b"\x1f\x8brest", None, "compressed"),
        (b"PAR1rest", None, "a Parquet file"),
        (b"a,b\n1,\x00\n2,3\n4,5\n", None, "is not a text file: it has bytes of zero"),
        (b"\n <HTML><table>", None, "is a page"),
        (b"", None, "data.csv is empty"),
        (b"\xef\xbb\xbf \n", None, "data.csv is empty"),
    ],
)
def test_what_is_no_csv_is_named(raw: bytes, encoding: str | None, sentence: str) -> None:
    """One sentence says what the file is and what to do."""
    with pytest.raises(TrainingError, match=sentence):
        decode(PATH, raw, encoding)


def test_an_older_encoding_that_does_not_fit_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The bytes of one make few letters in another; an encoding of other languages is not judged."""
    raw = TEXT.encode("cp850")
    decode(PATH, raw, "cp1252")
    assert "--encoding cp1252: data.csv looks like cp850" in caplog.text
    caplog.clear()
    decode(PATH, raw, "cp850")
    decode(PATH, "цена;y\n1;2\n".encode("cp1251"), "cp1251")
    assert not caplog.text


def test_the_end_mark_of_dos_is_no_line() -> None:
    """It was the last character of a text file."""
    assert decode(PATH, b"a;y\r\n1;2\r\n\x1a", None)[0] == "a;y\r\n1;2\r\n"


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"a": [1]}', "[\n [1, 2]]"])
def test_json_is_named(text: str) -> None:
    """It is text, but no table of lines."""
    with pytest.raises(TrainingError, match=r"data\.csv is JSON, not a CSV file"):
        decode(PATH, text.encode(), None)
