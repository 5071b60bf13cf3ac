"""A JSON body as a table of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import msgspec
from pydantic_core import from_json

from src.controller.protocols.mlflow_scoring.errors import InvalidRequestError
from src.controller.protocols.mlflow_scoring.input_table import InputTable, distinct
from src.errors import NotJsonError
from src.service.schema.column import Column
from src.service.schema.json_encoding import MARK, has_mark, not_utf8

FORMATS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ONE_FORMAT: Final = f"the body must be a JSON object with exactly one of {', '.join(FORMATS)}"
_SPLIT_KEYS: Final = {"data", "columns", "index"}
_decode: Final = msgspec.json.Decoder().decode
_MAX_NAMES: Final = 300
_NESTED: Final = (dict, list)
_NO_PARAMETERS: Final[tuple[Any, ...]] = (None, {})
_NO_MOMENT: Final = ("NaT", "")  # MLflow's client writes pandas' NaT as a text; pandas reads both as NaT


def read_json(body: bytes) -> InputTable:
    """The table of a request in any of MLflow's four forms.

    Args:
        body: The body.

    Raises:
        NotJsonError: When it is not JSON.
        InvalidRequestError: When it is not a table in one of these forms, or has parameters.
    """
    content = _parsed(body)
    if not isinstance(content, dict):
        raise InvalidRequestError(_ONE_FORMAT)
    given = [name for name in FORMATS if name in content]
    if len(given) != 1:
        found = f"both {given[0]} and {given[1]}" if given else ", ".join(map(repr, content))[:_MAX_NAMES] or "nothing"
        raise InvalidRequestError(f"{_ONE_FORMAT}; it has {found}")
    if content.get("params", {}) not in _NO_PARAMETERS:
        _refuse(content["params"])
    name = given[0]
    value = content[name]
    if name == "dataframe_split":
        return _split(value)
    if isinstance(value, dict) and name != "dataframe_records":
        return _by_column(value, name)
    if not isinstance(value, list):
        raise InvalidRequestError(f"{name} must be an array with an element for each row")
    return _by_row(value, name, is_frame=name == "dataframe_records")


def column_values(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column, with null for the texts that stand for a missing moment."""
    if column.kind != "datetime":
        return values
    return [None if value in _NO_MOMENT else value for value in values]


def _parsed(body: bytes) -> Any:
    """The JSON value, with NaN and infinite numbers, which MLflow's client writes although JSON has none."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if has_mark(body):
            return _parsed(body[len(MARK) :])
    try:
        return _without_nan(from_json(body))
    except ValueError as error:
        raise NotJsonError(f"the body {not_utf8(body) or f'is not JSON: {error}'}") from None


def _without_nan(value: Any) -> Any:
    """An object or an array with null for each NaN, as which pandas writes a missing value; its depth is limited."""
    if isinstance(value, dict):
        return dict(zip(value, _without_nan(list(value.values())), strict=True))
    if isinstance(value, list):
        return [
            _without_nan(part) if type(part) in _NESTED else None if part != part else part  # noqa: PLR0124 - NaN differs from itself
            for part in value
        ]
    return value


def _refuse(parameters: Any) -> None:
    names = ", ".join(map(repr, parameters))[:_MAX_NAMES] if isinstance(parameters, dict) else "(not an object)"
    raise InvalidRequestError(f"the model takes no parameters; leave these params out: {names}")


def _split(value: Any) -> InputTable:
    if not isinstance(value, dict) or "data" not in value or not value.keys() <= _SPLIT_KEYS:
        raise InvalidRequestError("dataframe_split must be an object with data, columns and, if you like, index")
    data, names, index = value["data"], value.get("columns"), value.get("index")
    if not isinstance(data, list):
        raise InvalidRequestError("dataframe_split: data must be an array with an array for each row")
    if index is not None and not (isinstance(index, list) and len(index) == len(data)):
        raise InvalidRequestError("dataframe_split: index must be an array with an element for each row of data")
    table = _by_row(data, "dataframe_split: data", is_frame=True)
    if names is None or not data:
        return table
    if not isinstance(names, list) or not set(map(type, names)) <= {str, int}:
        raise InvalidRequestError("dataframe_split: columns must be an array of names")
    if table.names is not None or table.width != len(names):
        raise InvalidRequestError(f"dataframe_split: each row of data must be an array of {len(names)} values")
    return replace(table, names=distinct(list(map(str, names))))


def _by_row(rows: list[Any], form: str, *, is_frame: bool) -> InputTable:
    kinds = set(map(type, rows))
    if kinds == {dict}:
        return _of_objects(rows, is_frame=is_frame)
    if kinds == {list}:
        if len(set(map(len, rows))) > 1:
            raise InvalidRequestError(f"{form}: the rows differ in their number of values")
        return InputTable.of_columns(None, list(zip(*rows, strict=True)), len(rows), is_frame=is_frame)
    if dict in kinds or list in kinds:
        raise InvalidRequestError(f"{form}: the elements must be all objects, all arrays, or all plain values")
    return InputTable.of_columns(None, [rows], len(rows), is_frame=is_frame)


def _of_objects(rows: list[dict[str, Any]], *, is_frame: bool) -> InputTable:
    """The table of objects: names in the order in which they appear, null for a key that a row does not have."""
    names = list(rows[0])
    if set(map(len, rows)) == {len(names)}:
        try:
            columns = [list(map(itemgetter(name), rows)) for name in names]
            return InputTable.of_columns(names, columns, len(rows), is_frame=is_frame)
        except KeyError:
            pass  # as many keys, but others
    # Thousands of rows may have a key of their own each: all columns would take the square of that.
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    return InputTable(names, len(names), lambda place: [row.get(names[place]) for row in rows], len(rows), is_frame)


def _by_column(columns: dict[str, Any], form: str) -> InputTable:
    are_lists = {isinstance(values, list) for values in columns.values()}
    if are_lists == {False}:
        return InputTable.of_columns(list(columns), [[value] for value in columns.values()], 1, is_frame=False)
    counts = {len(values) for values in columns.values()} if are_lists == {True} else set()
    if len(counts) != 1:
        raise InvalidRequestError(f"{form}: each column must be an array, and all of the same length")
    return InputTable.of_columns(list(columns), list(columns.values()), counts.pop(), is_frame=False)
