"""The rows of a model from the input tensors of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.controller.protocols.open_inference.datatypes import BOOL, BYTES, DATATYPES
from src.controller.protocols.open_inference.errors import InvalidInferenceError, quoted
from src.controller.protocols.open_inference.tensor_values import Tensor
from src.errors import BodyTooLargeError
from src.service.schema.column import Column
from src.service.schema.validator import Row, Schema

# Every integer of a datatype is in their range.
_FLOATS: Final = frozenset({"float32", "float64"})
_BOOLEANS: Final[dict[Any, bool]] = {0: False, 1: True}


class ModelInputs:
    """Reads tensors as the rows of one model.

    There are two forms: one tensor for each column, in any order; or one tensor with all columns, of any name. Values
    are checked by the rules of the model's signature, except where the datatype already implies them.
    """

    def __init__(self, schema: Schema) -> None:
        """Find the datatypes that need no further check.

        Args:
            schema: The model's input.
        """
        self._schema = schema
        self._columns = {column.name: column for column in schema.columns}
        self._count = len(schema.columns)
        self._checked = {column.name: _implied(column) for column in schema.columns}
        self._checked_matrix = frozenset(DATATYPES).intersection(*self._checked.values())
        self._takes_integers = {column.name for column in schema.columns if column.dtype in _FLOATS}
        self._all_optional = not any(column.required for column in schema.columns)

    def check_count(self, inputs: int) -> None:
        """Refuse more inputs than the model has columns, before any of them is read.

        Args:
            inputs: Their number.

        Raises:
            InvalidInferenceError: When there are too many, or none.
        """
        if not inputs:
            raise InvalidInferenceError("the request has no inputs")
        if inputs > self._count:
            raise InvalidInferenceError(f"the request has {inputs} inputs; the model has {self._count}")

    def rows(self, tensors: Sequence[Tensor], limit: int) -> Sequence[Row]:
        """The rows.

        Args:
            tensors: The request's inputs, at least one.
            limit: The most rows accepted.

        Raises:
            InvalidInferenceError: When the tensors are not the model's columns.
            InvalidRowError: When a value does not fit; names the columns with the row's index.
            BodyTooLargeError: When there are too many rows.
        """
        first = tensors[0]
        count = first.rows
        if count > limit:
            raise BodyTooLargeError(f"the inputs have {count} rows; the limit is {limit}")
        if len(tensors) == 1 and first.columns == self._count and (self._count > 1 or first.name not in self._columns):
            return self._rows_of_matrix(first)
        return self._rows_of_columns(tensors, count)

    def _rows_of_matrix(self, tensor: Tensor) -> Sequence[Row]:
        values, count = tensor.values, tensor.rows
        if tensor.datatype.limits is not None and tensor.complete and len(self._takes_integers) == self._count:
            return list(zip(*[map(float, values)] * self._count, strict=True))
        implied = tensor.typed and tensor.datatype.name in self._checked_matrix
        if implied and (tensor.complete or self._all_optional):
            if count == 1:
                return (tuple(values),)
            return list(zip(*[iter(values)] * self._count, strict=True))
        number = tensor.datatype.is_number
        columns = {
            name: _booleans(values[place :: self._count])
            if number and column.kind == "boolean"
            else list(values[place :: self._count])
            for place, (name, column) in enumerate(self._columns.items())
        }
        return self._schema.rows_of_columns(columns, count)

    def _rows_of_columns(self, tensors: Sequence[Tensor], count: int) -> Sequence[Row]:
        found: dict[str, Sequence[Any]] = {}
        checked = True
        for tensor in tensors:
            name = tensor.name
            column = self._columns.get(name)
            if column is None:
                raise InvalidInferenceError(f"input {quoted(name)} is not one of the model: {self._described()}")
            if name in found:
                raise InvalidInferenceError(f"input {quoted(name)} is there twice")
            if tensor.columns != 1:
                raise InvalidInferenceError(
                    f"input {quoted(name)} has {tensor.columns} columns; a tensor of one column has the shape "
                    f"[rows] or [rows, 1], one of all columns [rows, {self._count}]"
                )
            if tensor.rows != count:
                raise InvalidInferenceError(
                    f"input {quoted(name)} has {tensor.rows} rows, and input {quoted(tensors[0].name)} has {count}"
                )
            if tensor.datatype.limits is not None and tensor.complete and name in self._takes_integers:
                found[name] = list(map(float, tensor.values))
                continue
            found[name] = tensor.values
            implied = tensor.typed and tensor.datatype.name in self._checked[name]
            checked = checked and implied and (tensor.complete or not column.required)
        if not checked or len(found) < self._count:
            return self._schema.rows_of_columns({name: list(values) for name, values in found.items()}, count)
        ordered = [found[name] for name in self._columns]
        return (tuple([values[0] for values in ordered]),) if count == 1 else list(zip(*ordered, strict=True))

    def _described(self) -> str:
        """The inputs that the model has."""
        names = ", ".join(list(self._columns)[:10])
        more = f" and {self._count - 10} more" if self._count > 10 else ""  # noqa: PLR2004 - as many as are named
        return f"its inputs are {names}{more}, or one tensor of shape [rows, {self._count}]"


def _implied(column: Column) -> frozenset[str]:
    """The datatypes whose values all fit the column."""
    if column.kind == "number":
        bits = 8 * np.dtype(column.dtype).itemsize
        return frozenset(f"FP{size}" for size in (16, 32, 64) if size <= bits)
    if column.kind == "integer":
        info = np.iinfo(column.dtype)
        return frozenset(
            name
            for name, datatype in DATATYPES.items()
            if datatype.limits is not None and datatype.limits[0] >= info.min and datatype.limits[1] <= info.max
        )
    return frozenset({"boolean": {BOOL.name}, "string": {BYTES.name}}.get(column.kind, ()))


def _booleans(values: Sequence[Any]) -> list[Any]:
    """The numbers 0 and 1 as booleans: a tensor with all columns has one datatype."""
    return [_BOOLEANS.get(value, value) for value in values]
