"""Writes a table as CSV or Parquet, a part at a time: a log may be larger than the memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any, Final

from src.service.prediction_export.errors import ExportError
from src.service.prediction_export.log_reader import Record
from src.service.prediction_export.table import Kind, Table, as_text

_PART_ROWS: Final = 10_000


def write_csv(table: Table, records: Iterable[Record], output: IO[bytes]) -> None:
    """Write UTF-8 with a header; a missing value is an empty cell, true and false are `true` and `false`."""
    text = io.TextIOWrapper(output, encoding="utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(table.kinds)
        for record in records:
            writer.writerow(["" if value is None else as_text(value) for value in table.row(record)])
    finally:
        text.detach()  # flushes, and leaves the stream to its owner


def write_parquet(table: Table, records: Iterable[Record], output: IO[bytes]) -> None:
    """Write typed columns.

    Raises:
        ExportError: When pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - CSV does not need it
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise ExportError("Parquet needs pyarrow, which is not installed here: write CSV") from None
    types = {
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "text": pa.string(),
        "moment": pa.timestamp("ms", "UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in table.kinds.items()])
    convert = [_CONVERT[kind] for kind in table.kinds.values()]
    with parquet.ParquetWriter(_Sink(output), schema, compression="zstd") as writer:
        for part in _parts(map(table.row, records)):
            columns = [
                pa.array([None if value is None else function(value) for value in values], field.type)
                for function, values, field in zip(convert, zip(*part, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


class _Sink:
    """A stream that counts what was written: pyarrow asks for its position, which a pipe does not have."""

    closed = False

    def __init__(self, output: IO[bytes]) -> None:
        self._output, self._position = output, 0

    def write(self, data: Any) -> int:
        self._output.write(data)
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        self._output.flush()

    def close(self) -> None:
        """Leave the stream to its owner."""


def _parts(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    waiting = iter(rows)
    while part := list(islice(waiting, _PART_ROWS)):
        yield part


_CONVERT: Final[dict[Kind, Callable[[Any], Any]]] = {
    "boolean": bool,
    "integer": int,
    "number": float,
    "text": as_text,
    "moment": datetime.fromisoformat,
}
