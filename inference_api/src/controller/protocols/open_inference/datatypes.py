"""The datatypes of tensors: their values as JSON and as bytes.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md#tensor-data-types
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any, Final

import msgspec

_LENGTH: Final = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Datatype:
    """One datatype.

    Attributes:
        name: Its name in requests and responses.
        json_name: The same as JSON text.
        code: Its code in the module `struct`; empty for `BYTES`, whose elements have no common size.
        size: Bytes of one element in binary data.
        limits: The least and the greatest value of an integer; else None.
        flat: Decodes a flat JSON array without nulls.
        loose: Decodes a JSON array with nulls, or with an array for each row.
        is_float: Whether its values may be NaN or infinite.
        rounds: Whether a number of JSON may have to be rounded to this type.
        is_number: Whether its values are numbers.
    """

    name: str
    json_name: bytes
    code: str
    size: int
    limits: tuple[int, int] | None
    flat: msgspec.json.Decoder[Any]
    loose: msgspec.json.Decoder[Any]
    is_float: bool
    rounds: bool
    is_number: bool

    def rounded(self, values: Sequence[float]) -> Sequence[float]:
        """The numbers in this type's precision.

        Raises:
            OverflowError: When one is out of range.
        """
        form = f"<{len(values)}{self.code}"
        return struct.unpack(form, struct.pack(form, *values))

    def unpack(self, data: bytes) -> Sequence[Any]:
        """The elements of binary data.

        Raises:
            ValueError: When the data is no whole number of elements.
        """
        if not self.code:
            return _unpack_bytes(data)
        count, rest = divmod(len(data), self.size)
        if rest:
            raise ValueError(f"{len(data)} bytes are no whole number of elements of {self.size} bytes")
        return struct.unpack(f"<{count}{self.code}", data)

    def pack(self, values: Sequence[Any]) -> bytes:
        """The binary data of elements."""
        if self.code:
            return struct.pack(f"<{len(values)}{self.code}", *values)
        parts = []
        for value in values:
            text = value.encode()
            parts += [_LENGTH.pack(len(text)), text]
        return b"".join(parts)


def _unpack_bytes(data: bytes) -> list[bytes]:
    """Elements with their length, a number of four bytes, before each."""
    found: list[bytes] = []
    start, end = 0, len(data)
    while start < end:
        if end - start < _LENGTH.size:
            raise ValueError(f"{end - start} bytes after the last element are too few for a length")
        first = start + _LENGTH.size
        (length,) = _LENGTH.unpack_from(data, start)
        start = first + length
        if start > end:
            raise ValueError(f"element {len(found)} has a length of {length} bytes, and {end - first} are left")
        found.append(data[first:start])
    return found


def _datatype(name: str, code: str, of_json: Any, limits: tuple[int, int] | None = None) -> Datatype:
    if limits is not None:
        low, high = limits
        # A constraint of msgspec is at most the largest signed number of 64 bits.
        of_json = Annotated[of_json, msgspec.Meta(ge=low, le=high if high < 1 << 63 else None)]
    element = of_json | None
    return Datatype(
        name,
        b'"%b"' % name.encode(),
        code,
        struct.calcsize(f"<{code}"),
        limits,
        msgspec.json.Decoder(GenericAlias(list, (of_json,))),
        msgspec.json.Decoder(GenericAlias(list, (element | GenericAlias(list, (element,)),))),
        is_float=code in {"e", "f", "d"},
        rounds=code in {"e", "f"},
        is_number=code not in {"", "?"},
    )


def _integers(bits: int, signed_code: str) -> tuple[Datatype, Datatype]:
    """The signed and the unsigned type of a size."""
    half = 1 << bits - 1
    return (
        _datatype(f"INT{bits}", signed_code, int, (-half, half - 1)),
        _datatype(f"UINT{bits}", signed_code.upper(), int, (0, 2 * half - 1)),
    )


BOOL: Final = _datatype("BOOL", "?", bool)
INT64, UINT64 = _integers(64, "q")
FP64: Final = _datatype("FP64", "d", float)
BYTES: Final = _datatype("BYTES", "", str)

DATATYPES: Final[dict[str, Datatype]] = {
    datatype.name: datatype
    for datatype in (
        BOOL,
        *_integers(8, "b"),
        *_integers(16, "h"),
        *_integers(32, "i"),
        INT64,
        UINT64,
        _datatype("FP16", "e", float),
        _datatype("FP32", "f", float),
        FP64,
        BYTES,
    )
}
