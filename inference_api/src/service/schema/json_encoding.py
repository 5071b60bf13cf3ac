"""The encoding of a JSON text, for one that could not be read: JSON is UTF-8, https://www.rfc-editor.org/rfc/rfc8259."""

from __future__ import annotations

import codecs
from typing import Final

MARK: Final = codecs.BOM_UTF8
"""What Windows programs write before UTF-8; a reader of JSON may skip it."""

_GZIP: Final = b"\x1f\x8b"


def has_mark(text: bytes) -> bool:
    """Whether it begins with one byte order mark of UTF-8."""
    return text.startswith(MARK) and not text.startswith(MARK, len(MARK))


def not_utf8(text: bytes) -> str:
    """What is wrong with the text's encoding, as the end of a sentence about the body; empty when it is UTF-8."""
    if text.startswith(_GZIP):
        return "is not JSON, but looks like gzip: send the header Content-Encoding: gzip with it"
    # JSON begins with ASCII, of which UTF-16 and UTF-32 make a NUL and more.
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in text[:4]:
        return "is not UTF-8, but looks like UTF-16 or UTF-32: send the JSON as UTF-8"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8: byte 0x{text[error.start]:02x} at position {error.start}; send the JSON as UTF-8"
    return ""
