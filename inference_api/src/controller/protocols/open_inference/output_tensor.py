"""An output tensor: its shape, its datatype and its values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from pydantic_core import to_json

from src.controller.protocols.open_inference.datatypes import BOOL, BYTES, FP64, INT64, UINT64, Datatype
from src.controller.protocols.open_inference.tensor_values import JSON_TEXTS

ARRAY: Final = b"np"
"""The content type of MLServer for a tensor: https://github.com/SeldonIO/MLServer/blob/master/mlserver/codecs/numpy.py"""
_OF_TYPES: Final[dict[frozenset[type], Datatype]] = {
    frozenset({float}): FP64,
    frozenset({int, float}): FP64,
    frozenset({int}): INT64,
    frozenset({bool}): BOOL,
    frozenset({str}): BYTES,
}
ENCODE: Final = msgspec.json.Encoder().encode


class OutputTensor(NamedTuple):
    """Values of one datatype.

    Attributes:
        datatype: The datatype.
        shape: The dimensions; the first is the number of rows.
        values: The values, row after row.
        content_type: How a client of MLServer decodes them.
    """

    datatype: Datatype
    shape: tuple[int, ...]
    values: Sequence[Any]
    content_type: bytes = ARRAY

    @classmethod
    def of_answers(cls, answers: Sequence[Any]) -> OutputTensor:
        """The tensor of a model's answers: of shape [rows, 1], or with the dimensions of an answer that is a list.

        Answers of types that no datatype has in common are JSON texts.

        Args:
            answers: At least one.
        """
        count = len(answers)
        values = answers
        shape: tuple[int, ...] = (count, 1)
        types = frozenset(map(type, values))
        if types == {list}:
            dimensions: list[int] = []
            while types == {list} and len(sizes := set(map(len, values))) == 1:
                dimensions += sizes
                values = list(chain.from_iterable(values))
                types = frozenset(map(type, values))
            shape = (count, *dimensions)
        datatype = _OF_TYPES.get(types)
        if datatype is INT64:
            datatype = _integers(values)
        if datatype is None:
            return cls(BYTES, (count, 1), [to_json(answer).decode() for answer in answers], JSON_TEXTS.encode())
        return cls(datatype, shape, values)

    def json(self, name: bytes) -> bytes:
        """The tensor as a JSON object.

        Args:
            name: Its name.
        """
        return b'%b},"data":%b}' % (self._start(name), ENCODE(self.values))

    def json_and_binary(self, name: bytes) -> tuple[bytes, bytes]:
        """The tensor as a JSON object without its values, and its binary data."""
        data = self.datatype.pack(self.values)
        return b'%b,"binary_data_size":%d}}' % (self._start(name), len(data)), data

    def _start(self, name: bytes) -> bytes:
        rows, columns, *others = self.shape
        return b'{"name":"%b","shape":[%d,%d%b],"datatype":%b,"parameters":{"content_type":"%b"' % (
            name,
            rows,
            columns,
            b"".join([b",%d" % size for size in others]) if others else b"",
            self.datatype.json_name,
            self.content_type,
        )


def _integers(values: Sequence[int]) -> Datatype | None:
    """The datatype of integers; None when they need more than 64 bits."""
    low, high = min(values), max(values)
    for datatype in (INT64, UINT64):
        if datatype.limits is not None and datatype.limits[0] <= low and high <= datatype.limits[1]:
            return datatype
    return None
