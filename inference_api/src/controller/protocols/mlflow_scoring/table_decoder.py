"""Decodes the JSON bodies that clients send most straight into rows: the model's columns and no others, without params.

It says only yes or no: what it refuses may still be valid, and `json_body` reads it then or words the error. It takes
a sixth of the time of that for one row, and a third for a hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from src.service.schema.struct_decoder import array_type, as_tuple, struct_decoder
from src.service.schema.validator import Row, Schema

_KEPT: Final = 2
"""Of how many models the decoder is kept: while one takes the place of another, both answer."""


class TableDecoder:
    """Decodes the bodies for one model."""

    def __init__(self, split: Any, rows: Mapping[str, Any], names: list[str] | None) -> None:
        """Compile the decoder.

        Args:
            split: The type of `dataframe_split`.
            rows: The type of a row in each of the other forms.
            names: The names that `dataframe_split` must have; None when it has none.
        """
        types: dict[str, Any] = {form: list[row] for form, row in rows.items()}  # type: ignore[valid-type]  # made at run time
        types["dataframe_split"] = split
        fields: list[tuple[str, Any, Any]] = [(form, kind | UnsetType, UNSET) for form, kind in types.items()]
        body: Any = msgspec.defstruct("Body", fields, forbid_unknown_fields=True)
        self._decode = msgspec.json.Decoder(body).decode
        self._split = split
        self._names = names

    def rows(self, body: bytes) -> list[Row] | None:
        """The rows of a body; None when this decoder refuses it."""
        try:
            found: list[Any] = [value for value in as_tuple(self._decode(body)) if value is not UNSET]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if len(found) != 1:
            return None
        (value,) = found
        rows: list[Row]
        if type(value) is self._split:
            rows = value.data
            has_index = value.index is None or len(value.index) == len(rows)
            return rows if has_index and value.columns == self._names else None
        rows = value if self._names is None else list(map(as_tuple, value))
        return rows


@lru_cache(maxsize=_KEPT)
def table_decoder(schema: Schema, *, named: bool) -> TableDecoder | None:
    """The decoder for a model; None when msgspec would not accept the same values as its schema.

    Args:
        schema: The model's schema.
        named: Whether the model tells its columns apart by their names, else by their positions.
    """
    array: Any = array_type(schema.columns)
    objects = struct_decoder(schema.columns)
    if array is None or objects is None:
        return None
    columns: tuple[str, Any] | tuple[str, Any, Any] = ("columns", list[str]) if named else ("columns", None, None)
    fields: list[Any] = [("data", list[array]), columns, ("index", list[Any] | None, None)]
    split = msgspec.defstruct("Split", fields, kw_only=True, forbid_unknown_fields=True)
    if named:
        rows = dict.fromkeys(("dataframe_records", "instances", "inputs"), objects.struct)
        return TableDecoder(split, rows, [column.name for column in schema.columns])
    return TableDecoder(split, dict.fromkeys(("instances", "inputs"), array), None)
