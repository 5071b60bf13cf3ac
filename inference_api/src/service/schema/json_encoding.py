"""Finds the encoding of a JSON text that cannot be read: JSON is UTF-8, https://www.rfc-editor.org/rfc/rfc8259."""

from __future__ import annotations

import codecs
from typing import Final

MARK: Final = codecs.BOM_UTF8
"""The byte order mark that Windows programs write before UTF-8; a JSON parser may ignore it."""

_GZIP: Final = b"\x1f\x8b"


def has_mark(text: bytes) -> bool:
    """Whether the text begins with exactly one UTF-8 byte order mark."""
    return text.startswith(MARK) and not text.startswith(MARK, len(MARK))


def not_utf8(text: bytes) -> str:
    """The problem with the text's encoding, as the predicate of "the body"; empty when it is UTF-8."""
    if text.startswith(_GZIP):
        return "is not JSON, but looks like gzip: send the header Content-Encoding: gzip with it"
    # JSON begins with an ASCII character, which in UTF-16 and UTF-32 has a NUL byte.
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in text[:4]:
        return "is not UTF-8, but looks like UTF-16 or UTF-32: send the JSON as UTF-8"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8: byte 0x{text[error.start]:02x} at position {error.start}; send the JSON as UTF-8"
    return ""
