"""The values of an input tensor."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from src.controller.protocols.open_inference.datatypes import DATATYPES, UINT64
from src.controller.protocols.open_inference.errors import InvalidInferenceError, quoted
from src.controller.protocols.open_inference.messages import HEADER_LENGTH, RequestInput

BINARY_SIZE: Final = "binary_data_size"
CONTENT_TYPE: Final = "content_type"
BASE64: Final = "base64"
JSON_TEXTS: Final = "pd_json"
"""The content type of MLServer for a column whose values are of several types: each element is a JSON text.

https://github.com/SeldonIO/MLServer/blob/master/mlserver/codecs/pandas.py
"""
MAX_UINT64: Final = (1 << 64) - 1
_MAX_DIMENSIONS: Final = 2


class Tensor:
    """An input tensor whose values agree with its shape and its datatype.

    Attributes:
        name: Its name.
        rows: The first dimension.
        columns: The second one; 1 when there is none.
        datatype: Its datatype.
        values: Its values, row after row; None is a missing value.
        complete: Whether no value is missing.
        typed: Whether its values are of its datatype; not those that its content type makes of JSON texts.
    """

    __slots__ = ("columns", "complete", "datatype", "name", "rows", "typed", "values")

    def __init__(self, given: RequestInput, binary: bytes | None) -> None:
        """Read the values.

        Args:
            given: The tensor in the request.
            binary: Its binary data; None when its values are in the request.

        Raises:
            InvalidInferenceError: When shape, datatype and values do not agree.
        """
        self.name = given.name
        datatype = DATATYPES.get(given.datatype)
        if datatype is None:
            raise _refused(
                given, f"has the unknown datatype {quoted(given.datatype)}; known are {', '.join(DATATYPES)}"
            )
        self.datatype = datatype
        shape = given.shape
        dimensions = len(shape)
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise _wrong_shape(given)
        self.rows, self.columns = shape if dimensions == _MAX_DIMENSIONS else (shape[0], 1)
        if self.rows < 0 or self.columns < 0:
            raise _wrong_shape(given)
        self.complete = self.typed = True
        values = self._of_json(given) if binary is None else self._of_binary(given, binary)
        if len(values) != self.rows * self.columns:
            raise _refused(given, f"has {len(values)} values, which is not its shape {_shown(shape)}")
        self.values = values if datatype.code else self._with_content_type(given, values)

    def _of_json(self, given: RequestInput) -> Sequence[Any]:
        datatype = self.datatype
        try:
            values: Sequence[Any] = datatype.flat.decode(given.data)
        except (ValueError, RecursionError):
            values = self._of_loose_json(given)
        if datatype.rounds:
            values = self._rounded(given, values)
        elif datatype is UINT64 and max(filter(None, values), default=0) > MAX_UINT64:  # more than the decoder checks
            raise _refused(given, f"has a value that is out of range for {datatype.name}")
        return values

    def _of_loose_json(self, given: RequestInput) -> Sequence[Any]:
        """The values of an array with nulls, or with an array for each row."""
        if not bytes(given.data):
            raise _refused(given, f"has no data, and no parameter {BINARY_SIZE}")
        try:
            values: list[Any] = self.datatype.loose.decode(given.data)
        except UnicodeDecodeError:
            raise _refused(given, "has text that is not UTF-8") from None
        except (ValueError, RecursionError) as error:
            problem = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise _refused(given, f"has data that is not of its datatype {self.datatype.name}: {problem}") from None
        if any(isinstance(value, list) for value in values):
            if not all(isinstance(value, list) and len(value) == self.columns for value in values):
                raise _refused(given, f"has nested data, which is not {self.columns} values in each row")
            values = list(chain.from_iterable(values))
        self.complete = None not in values
        return values

    def _rounded(self, given: RequestInput, values: Sequence[Any]) -> Sequence[Any]:
        try:
            if self.complete:
                return self.datatype.rounded(values)
            found = self.datatype.rounded([math.nan if value is None else value for value in values])
        except OverflowError:
            raise _refused(given, f"has a value that is out of range for {self.datatype.name}") from None
        return [None if value != value else value for value in found]  # noqa: PLR0124 - NaN differs from itself

    def _of_binary(self, given: RequestInput, binary: bytes) -> Sequence[Any]:
        datatype = self.datatype
        try:
            values = datatype.unpack(binary)
        except ValueError as error:
            raise _refused(given, f"has wrong binary data for {datatype.name}: {error}") from None
        if datatype.is_float:
            # The sum of finite numbers may overflow; then they are looked at one by one.
            return values if math.isfinite(sum(values)) else self._without_nan(given, values)
        return values

    def _without_nan(self, given: RequestInput, values: Sequence[float]) -> Sequence[Any]:
        if any(map(math.isinf, values)):
            raise _refused(given, "has an infinite value")
        found = [None if value != value else value for value in values]  # noqa: PLR0124 - NaN differs from itself
        self.complete = None not in found
        return found

    def _with_content_type(self, given: RequestInput, values: Sequence[Any]) -> Sequence[Any]:
        """Texts from the elements of a `BYTES` tensor, or what their content type makes of them."""
        if given.parameters is None:
            return values
        content_type = given.parameters.get(CONTENT_TYPE)
        if content_type == BASE64:
            values = [value if value is None else _decoded(given, value) for value in values]
        try:
            values = [value.decode() if isinstance(value, bytes) else value for value in values]
        except UnicodeDecodeError:
            raise _refused(given, "has text that is not UTF-8") from None
        if content_type == JSON_TEXTS:
            values = [value if value is None else _parsed(given, value) for value in values]
            self.complete, self.typed = None not in values, False
        return values


def read_tensors(inputs: Sequence[RequestInput], binary: bytes, *, has_binary: bool) -> list[Tensor]:
    """All input tensors of a request.

    Args:
        inputs: The tensors in the request.
        binary: The binary data behind the request, in the order of the tensors that have any.
        has_binary: Whether the request says where its binary data begins.

    Raises:
        InvalidInferenceError: When one of them is wrong, or the sizes do not add up.
    """
    start = 0
    tensors = []
    for given in inputs:
        size = None if given.parameters is None else given.parameters.get(BINARY_SIZE)
        if size is None:
            tensors.append(Tensor(given, None))
            continue
        if type(size) is not int or size < 0:
            raise _refused(given, f"has a {BINARY_SIZE} that is not a number of bytes")
        if not has_binary:
            raise _refused(given, f"has binary data, and the request no header {HEADER_LENGTH}")
        if bytes(given.data):
            raise _refused(given, "has data and binary data")
        if size > len(binary) - start:
            raise _refused(given, f"has a {BINARY_SIZE} of {size}, and the body has {len(binary) - start} bytes for it")
        tensors.append(Tensor(given, binary[start : start + size]))
        start += size
    if start < len(binary):
        raise InvalidInferenceError(f"{len(binary) - start} bytes of binary data belong to no input")
    return tensors


def _decoded(given: RequestInput, value: str | bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise _refused(given, f"has text that is not base64: {error}") from None


def _parsed(given: RequestInput, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        raise _refused(given, f"has text that is not JSON, and the content type {JSON_TEXTS}") from None


def _wrong_shape(given: RequestInput) -> InvalidInferenceError:
    return _refused(given, f"has the shape {_shown(given.shape)}; it must be [rows] or [rows, columns]")


def _refused(given: RequestInput, problem: str) -> InvalidInferenceError:
    return InvalidInferenceError(f"input {quoted(given.name)} {problem}")


def _shown(shape: Sequence[int]) -> str:
    text = str(list(shape[: _MAX_DIMENSIONS + 1]))
    return text if len(shape) <= _MAX_DIMENSIONS + 1 else f"{text[:-1]}, ...]"
