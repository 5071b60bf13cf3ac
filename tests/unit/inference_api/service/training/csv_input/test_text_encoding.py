"""The encoding of a file, and files that are no text."""

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
def test_the_encoding_is_detected(raw: bytes, name: str) -> None:
    """The text is the original one, without a byte order mark."""
    assert decode(PATH, raw, None) == (TEXT, name)


def test_the_euro_sign_is_windows_1252() -> None:
    """Latin-1 has no euro sign."""
    assert decode(PATH, "precio €;ñ".encode("cp1252"), None) == ("precio €;ñ", "cp1252")


def test_a_given_encoding_is_used() -> None:
    """The same bytes are other letters in another encoding."""
    assert decode(PATH, b"a\xa4", "cp850")[0] == "añ"
    assert decode(PATH, b"a\xa4", "iso8859-15")[0] == "a€"


def test_an_unlikely_encoding_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A file that is valid UTF-8 is probably not in another encoding."""
    assert decode(PATH, "año".encode(), "cp1252")[0] == "aÃ±o"
    assert "--encoding cp1252: data.csv is valid UTF-8" in caplog.text
    caplog.clear()
    decode(PATH, "año".encode("cp1252"), "cp1252")
    assert not caplog.text


@pytest.mark.parametrize(
    ("raw", "encoding", "message"),
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
def test_other_file_types_are_an_error(raw: bytes, encoding: str | None, message: str) -> None:
    """The message has the file type and what to do."""
    with pytest.raises(TrainingError, match=message):
        decode(PATH, raw, encoding)


def test_an_unlikely_8_bit_encoding_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With few western letters; encodings of other languages are not checked."""
    raw = TEXT.encode("cp850")
    decode(PATH, raw, "cp1252")
    assert "--encoding cp1252: data.csv looks like cp850" in caplog.text
    caplog.clear()
    decode(PATH, raw, "cp850")
    decode(PATH, "цена;y\n1;2\n".encode("cp1251"), "cp1251")
    assert not caplog.text


def test_the_end_of_file_character_of_dos_is_removed() -> None:
    """DOS programs end a text file with it."""
    assert decode(PATH, b"a;y\r\n1;2\r\n\x1a", None)[0] == "a;y\r\n1;2\r\n"


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"a": [1]}', "[\n [1, 2]]"])
def test_json_is_an_error(text: str) -> None:
    """JSON is text, but no table of lines."""
    with pytest.raises(TrainingError, match=r"data\.csv is JSON, not a CSV file"):
        decode(PATH, text.encode(), None)
