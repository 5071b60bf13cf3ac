"""Checks that a UBJSON file is complete: XGBoost's parser trusts the lengths in the file.

For a truncated file it reads beyond the end, or allocates whatever number stands there. Format: https://ubjson.org/.
"""

from __future__ import annotations

from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

_SIZES: Final = {
    marker: size for markers, size in (("ZNTF", 0), ("iUC", 1), ("I", 2), ("ld", 4), ("LD", 8)) for marker in markers
}
_INTEGERS: Final = frozenset("iUIlL")
_MAX_DEPTH: Final = 50


def check_ubjson(path: Path) -> None:
    """Check the lengths of all values.

    Raises:
        ValueError: When the file is not a UBJSON object, or ends too early.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        reader = _Reader(data)
        if reader.marker() != "{":
            raise ValueError("the file is not UBJSON")
        reader.container("}", _MAX_DEPTH)


class _Reader:
    """Goes over the values of a file."""

    def __init__(self, data: mmap) -> None:
        self._data = data
        self._place = 0

    def marker(self) -> str:
        """The next byte, which says what follows."""
        return chr(self._take(1)[0])

    def container(self, end: str, depth: int) -> None:
        """Go over an array or an object whose first byte was read."""
        if not depth:
            raise ValueError("the file has too many levels")
        kind, count = "", None
        if self._follows("$"):
            kind = self.marker()
        if self._follows("#"):
            count = self._length()
        elif kind:
            raise ValueError(f"the container before byte {self._place} has a type and no length")
        if kind in _SIZES and end == "]":
            self._take(_SIZES[kind] * (count or 0))
            return
        done = 0
        while done < count if count is not None else not self._follows(end):
            if end == "}":
                self._take(self._length())
            self._value(kind or self.marker(), depth)
            done += 1

    def _value(self, marker: str, depth: int) -> None:
        if marker in _SIZES:
            self._take(_SIZES[marker])
        elif marker in "SH":
            self._take(self._length())
        elif marker in "[{":
            self.container("]" if marker == "[" else "}", depth - 1)
        else:
            raise ValueError(f"the file has an unknown value before byte {self._place}")

    def _length(self) -> int:
        marker = self.marker()
        if marker not in _INTEGERS:
            raise ValueError(f"the file has no length before byte {self._place}")
        return int.from_bytes(self._take(_SIZES[marker]), "big", signed=marker != "U")

    def _follows(self, marker: str) -> bool:
        follows = self._data[self._place : self._place + 1] == marker.encode()
        self._place += follows
        return follows

    def _take(self, count: int) -> Sequence[int]:
        first, self._place = self._place, self._place + count
        if not first <= self._place <= len(self._data):
            raise ValueError(
                f"the file of {len(self._data)} bytes ends too early, or has a wrong length before byte {first}"
            )
        return self._data[first : min(self._place, first + 8)]
