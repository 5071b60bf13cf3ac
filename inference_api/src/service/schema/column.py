"""One column of a model's input: its name, its type in JSON, and the dtype that the model gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

import numpy as np
from pydantic_core import CoreSchema, core_schema

from src.errors import ModelRefusedError

Kind = Literal["number", "integer", "boolean", "string", "datetime", "any"]

# https://mlflow.org/docs/latest/ml/model/signatures/#supported-data-types
_MLFLOW_TYPES: Final[dict[str, tuple[Kind, str]]] = {
    "double": ("number", "float64"),
    "float": ("number", "float32"),
    "long": ("integer", "int64"),
    "integer": ("integer", "int32"),
    "boolean": ("boolean", "bool"),
    "string": ("string", "str"),
    "datetime": ("datetime", "datetime64[ns]"),
    "any": ("any", "object"),
}
_INT64: Final = np.iinfo("int64")
# What 64 bits of nanoseconds hold, from its first whole day on; MLflow refuses other datetimes as well.
# https://pandas.pydata.org/docs/user_guide/timeseries.html#timestamp-limitations
_NANOSECONDS: Final = (datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, 23, 47, 16, 854775, UTC))
# Beyond them a time with an offset cannot be converted to UTC.
_DATETIMES: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

Label = str | int | float | bool | tuple[Any, ...]
"""The label of a column in a DataFrame."""
_NUMPY_KINDS: Final[dict[str, Kind]] = {
    "f": "number",
    "i": "integer",
    "u": "integer",
    "b": "boolean",
    "U": "string",
    "O": "string",
    "M": "datetime",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the input.

    Attributes:
        name: Key in the JSON object, and the DataFrame's column.
        kind: Its type in JSON.
        dtype: NumPy (or pandas) dtype that the model gets.
        required: Whether a value is required; else null or an absent key is a missing value.
        label: The DataFrame's label when it is not a text, such as `0` or `2019`; None when it is the name.
    """

    name: str
    kind: Kind
    dtype: str
    required: bool = True
    label: Label | None = None

    @classmethod
    def of_mlflow_type(cls, label: Any, mlflow_type: object, *, required: bool) -> Self:
        """The column for a type of MLflow's column-based signatures.

        Args:
            label: The column's name in the signature; a number where the DataFrame had numbers as labels.
            mlflow_type: The type's name.
            required: Whether the signature requires a value.

        Raises:
            ModelRefusedError: For binary, array, map and object columns.
        """
        name = str(label)
        if not isinstance(mlflow_type, str) or mlflow_type not in _MLFLOW_TYPES:
            raise ModelRefusedError(
                f"column {name!r} of the signature is of type {mlflow_type!r}; served are {', '.join(_MLFLOW_TYPES)}: "
                "convert the column, or leave it out, before the model is fitted and logged"
            )
        other = tuple(label) if isinstance(label, list) else label
        return cls(name, *_MLFLOW_TYPES[mlflow_type], required, None if isinstance(label, str) else other)

    @classmethod
    def of_dtype(cls, name: str, dtype: str) -> Self:
        """The column for one position of a tensor of this dtype.

        Raises:
            ModelRefusedError: For a dtype that JSON cannot represent.
        """
        kind = _NUMPY_KINDS.get(np.dtype(dtype).kind)
        if kind is None:
            raise ModelRefusedError(f"the signature's tensor is of type {dtype}, which JSON cannot carry")
        return cls(name, kind, "object" if kind == "string" else dtype)

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        """A column from the JSON of `dataclasses.asdict`, in which tuples are lists."""
        column = cls(**values)
        return replace(column, label=tuple(column.label)) if isinstance(column.label, list) else column

    def core_schema(self) -> CoreSchema:
        """The schema for validation. It is strict: no string is converted to a number, and no number to a boolean."""
        return self._optional(self._value_schema())

    def documented_schema(self) -> CoreSchema:
        """The schema for documentation, with the types of JSON Schema in place of combined schemas."""
        if self.kind == "integer":
            return self._optional(self._integer_schema())
        if self.kind == "datetime":
            first, last = self._moments()
            text = {"description": f"A date, or a date and time, from {first.date()} to {last.date()}"}
            # `date-time` has an offset: https://spec.openapis.org/registry/format/date-time-local.html
            local = core_schema.str_schema(metadata={"pydantic_js_updates": {"format": "date-time-local"}})
            kinds = core_schema.union_schema(
                [core_schema.datetime_schema(), local, core_schema.date_schema()],
                metadata={"pydantic_js_updates": text},
            )
            return self._optional(kinds)
        return self.core_schema()

    def _optional(self, schema: CoreSchema) -> CoreSchema:
        return schema if self.required else core_schema.nullable_schema(schema)

    def _integer_schema(self) -> CoreSchema:
        info = np.iinfo(self.dtype)
        return core_schema.int_schema(ge=int(info.min), le=int(info.max))

    def _datetime_schema(self) -> CoreSchema:
        earliest, latest = self._moments()
        first, last = earliest.date(), latest.date()
        return core_schema.union_schema(
            [
                core_schema.datetime_schema(strict=True, ge=earliest, le=latest),
                core_schema.date_schema(strict=True, ge=first, le=last),
            ],
            mode="left_to_right",
            custom_error_type="iso_datetime",
            custom_error_message=(
                "Input should be a date, or a date and time, in ISO 8601, such as 2024-01-05T10:30:00, "
                f"from {first} to {last}"
            ),
        )

    def _moments(self) -> tuple[datetime, datetime]:
        return _NANOSECONDS if self.dtype == "datetime64[ns]" else _DATETIMES

    def _value_schema(self) -> CoreSchema:
        if self.kind == "number":
            largest = None if self.dtype == "float64" else float(np.finfo(self.dtype).max)
            smallest = None if largest is None else -largest
            return core_schema.float_schema(strict=True, allow_inf_nan=False, ge=smallest, le=largest)
        if self.kind == "integer":
            # In JSON Schema 75.0 is an integer as well (https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.3):
            # the first step accepts any number, the second one those without a fraction.
            number = core_schema.union_schema(
                [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True, allow_inf_nan=False)],
                mode="left_to_right",
                custom_error_type="int_type",
            )
            return core_schema.chain_schema([number, self._integer_schema()])
        if self.kind == "boolean":
            return core_schema.bool_schema(strict=True)
        if self.kind == "string":
            return core_schema.str_schema(strict=True)
        if self.kind == "datetime":
            return self._datetime_schema()
        return core_schema.union_schema(
            [
                core_schema.bool_schema(strict=True),
                core_schema.int_schema(
                    strict=True, ge=_INT64.min, le=_INT64.max
                ),  # for larger ones pandas changes the dtype
                core_schema.float_schema(strict=True, allow_inf_nan=False),
                core_schema.str_schema(strict=True),
            ],
            custom_error_type="scalar_type",
            custom_error_message="Input should be a number, a string, a boolean or null",
        )
