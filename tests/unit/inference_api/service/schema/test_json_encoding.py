"""Bodies in another encoding than UTF-8."""

import gzip
from typing import Any

import pytest

from src.errors import NotJsonError
from src.service.schema.column import Column
from src.service.schema.json_encoding import MARK, has_mark, not_utf8
from src.service.schema.validator import Schema

SCHEMA = Schema((Column("x", "number", "float64"), Column("año", "string", "str", required=False)), {})
ROW = '{"x": 1, "año": "ñ"}'


def test_a_byte_order_mark_is_skipped() -> None:
    """One mark before the JSON is ignored, for one row and for a batch; problems after it are reported as usual."""
    assert SCHEMA.row(MARK + ROW.encode()) == (1.0, "ñ")
    assert SCHEMA.rows(MARK + f"[{ROW}, {ROW}]".encode(), 2) == [(1.0, "ñ")] * 2
    assert has_mark(MARK)


@pytest.mark.parametrize("body", [MARK, MARK * 2 + ROW.encode(), MARK * 5000, b" " + MARK + b"{}"])
def test_other_marks_are_no_json(body: bytes) -> None:
    """A mark without JSON, several marks, and a mark at another position are errors."""
    for read in (SCHEMA.row, lambda text: SCHEMA.rows(text, 5)):
        with pytest.raises(NotJsonError, match="the body is not JSON"):
            read(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings(encoding: str) -> None:
    """For UTF-16 and UTF-32, with or without a mark, the error names the encoding."""
    with pytest.raises(NotJsonError, match="the body is not UTF-8, but looks like UTF-16 or UTF-32: send the JSON as"):
        SCHEMA.row(ROW.encode(encoding))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "mac_roman"])
def test_narrow_encodings(encoding: str) -> None:
    """For a byte that is not UTF-8 the error has the byte and its position."""
    body = ROW.encode(encoding)
    with pytest.raises(NotJsonError) as caught:
        SCHEMA.row(body)
    assert f"is not UTF-8: byte 0x{body[11]:02x} at position 11; send the JSON as UTF-8" in caught.value.detail
    with pytest.raises(NotJsonError, match="is not UTF-8"):
        SCHEMA.rows(b"[" + body + b"]", 5)


def test_gzip_without_its_header() -> None:
    """For a compressed body without `Content-Encoding` the error says which header is missing."""
    with pytest.raises(NotJsonError, match="looks like gzip: send the header Content-Encoding: gzip"):
        SCHEMA.row(gzip.compress(ROW.encode()))


@pytest.mark.parametrize("text", [b"", b"{", ROW.encode(), "\U0001f600".encode(), b'{"x": "a\0b"}'])
def test_utf8_is_left_to_json(text: bytes) -> None:
    """For UTF-8 the error is that of the JSON parser."""
    assert not_utf8(text) == ""


def test_problems_behind_a_mark_have_their_fields() -> None:
    """After a mark, the problems of a row have their fields."""
    problems: list[Any] = []
    for body in (b'{"x": "1"}', MARK + b'{"x": "1"}'):
        try:
            SCHEMA.row(body)
        except Exception as error:  # noqa: BLE001 - compared below
            problems.append((type(error), str(error)))
    assert problems[0] == problems[1]
