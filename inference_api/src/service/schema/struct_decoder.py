"""Decodes JSON rows several times faster than pydantic-core, for columns where both accept the same values.

It says only yes or no: what it refuses may still be valid, such as 75.0 for an integer or a leading byte order mark.
`validator` asks pydantic-core then, which accepts it or words the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np

from src.service.schema.column import Column

as_tuple: Final[Callable[[Any], tuple[Any, ...]]] = msgspec.structs.astuple
"""The row that a struct holds."""

MAX_COLUMNS: Final = 100
"""msgspec looks a key up by comparing it with one name after the other, from the column after the last key on."""

_LONGEST: Final = 63
"""msgspec's limit of an integer's bounds, in bits: https://jcristharif.com/msgspec/constraints.html#numeric-constraints."""


class StructDecoder:
    """Decodes one row, or a batch of rows, into tuples in the order of the columns.

    Attributes:
        struct: The type of a row as a JSON object, for decoders of other bodies.
    """

    def __init__(self, columns: Sequence[Column], types: Sequence[Any]) -> None:
        """Compile the decoders.

        Args:
            columns: The columns in the signature's order.
            types: The type of each.

        Raises:
            ValueError: When msgspec cannot have a column's name as a key.
        """
        # A struct's fields are Python names; the columns' are the keys.
        fields = [f"column_{index}" for index in range(len(columns))]
        struct = msgspec.defstruct(
            "Row",
            [
                (field, kind) if column.required else (field, kind | None, None)
                for field, kind, column in zip(fields, types, columns, strict=True)
            ],
            rename=dict(zip(fields, [column.name for column in columns], strict=True)),
            kw_only=True,  # else no required field could follow an optional one
            forbid_unknown_fields=True,
            gc=False,  # its values hold no references
        )
        self.struct: Any = struct
        self._row = msgspec.json.Decoder(struct)
        self._rows = msgspec.json.Decoder(list[struct])  # type: ignore[valid-type]  # a type made at run time

    def row(self, body: bytes) -> tuple[Any, ...] | None:
        """The row of a JSON object; None when this decoder refuses it."""
        try:
            return as_tuple(self._row.decode(body))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def structs(self, body: bytes) -> list[Any] | None:
        """The rows of a JSON array of objects, for `as_tuple`; None when this decoder refuses it."""
        try:
            return self._rows.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None


def struct_decoder(columns: Sequence[Column]) -> StructDecoder | None:
    """The decoder for these columns; None when it would not accept the same values as `Column.core_schema`."""
    types = [_type(column) for column in columns]
    if len(columns) > MAX_COLUMNS or None in types:
        return None
    try:
        return StructDecoder(columns, types)
    except ValueError:  # a name with a quotation mark, a backslash or a control character
        return None


def array_type(columns: Sequence[Column]) -> Any:
    """The type of a row as a JSON array, for msgspec; None when it would not accept the same values as the columns."""
    types = [_type(column) for column in columns]
    if None in types:
        return None
    values = [kind if column.required else kind | None for kind, column in zip(types, columns, strict=True)]
    return tuple[tuple(values)]  # type: ignore[misc]  # a type made at run time


def _type(column: Column) -> Any:
    if column.kind == "number":
        if column.dtype == "float64":
            return float
        largest = float(np.finfo(column.dtype).max)
        return Annotated[float, msgspec.Meta(ge=-largest, le=largest)]
    if column.kind == "integer":
        info = np.iinfo(column.dtype)
        fits = int(info.max).bit_length() <= _LONGEST
        return Annotated[int, msgspec.Meta(ge=int(info.min), le=int(info.max))] if fits else None
    return {"boolean": bool, "string": str}.get(column.kind)
