"""Splits a JSON array into arrays of some of its elements, without a look into the elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

_ELEMENTS: Final = msgspec.json.Decoder(list[msgspec.Raw])


class NotSplitError(Exception):
    """The text is not a JSON array, or one that is nested too deeply."""


def array_parts(text: bytes, size: int) -> Iterator[bytes]:
    """Split an array, in order.

    Args:
        text: A JSON array. Its elements are copied as they are: some faults inside of them are not noticed.
        size: Elements of each part; the last one may have fewer.

    Raises:
        NotSplitError: When it cannot be split.
    """
    try:
        elements = _ELEMENTS.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotSplitError from None
    for first in range(0, len(elements), size):
        yield b"[%b]" % b",".join(elements[first : first + size])
