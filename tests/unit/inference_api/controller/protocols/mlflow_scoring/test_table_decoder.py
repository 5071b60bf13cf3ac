"""The decoder of common bodies gives the rows that the general way gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.controller.protocols.endpoint import RequestParameters
from src.controller.protocols.mlflow_scoring.endpoint import Invocations
from src.controller.protocols.mlflow_scoring.table_decoder import table_decoder
from src.errors import ApiError
from src.service.schema.column import Column
from src.service.schema.validator import Row, Schema
from tests.unit.inference_api.doubles import DoublingEstimator, model_of

COLUMNS = (
    Column("number", "number", "float64"),
    Column("small", "number", "float32", required=False),
    Column("integer", "integer", "int32"),
    Column("flag", "boolean", "bool", required=False),
    Column("text", "string", "str", required=False),
)
NAMES = [column.name for column in COLUMNS]
MODELS = {named: model_of(DoublingEstimator(), COLUMNS, named=named) for named in (True, False)}
ROW = [1, 0.5, 2, True, "x"]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
GOOD = (
    st.one_of(FLOATS, st.integers(-(2**60), 2**60)),
    st.one_of(st.floats(-1e9, 1e9), st.integers(-9, 9), st.none()),
    st.integers(-(2**31), 2**31 - 1),
    st.one_of(st.booleans(), st.none()),
    st.one_of(st.text(max_size=5), st.none()),
)
ANY = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    *(st.just(1e39), st.just(10**400), st.just(2.0), st.just([])),
)
ROWS = st.lists(
    st.one_of(st.tuples(*GOOD), st.tuples(*[st.one_of(good, ANY) for good in GOOD])), min_size=1, max_size=3
)
COMMON: list[tuple[bool, dict[str, Any]]] = [
    (True, {"dataframe_split": {"columns": NAMES, "data": [ROW]}}),
    (True, {"dataframe_split": {"data": [ROW], "index": [7], "columns": NAMES}}),
    (True, {"dataframe_records": [dict(zip(NAMES, ROW, strict=True))]}),
    (True, {"instances": [{"text": "x", "flag": True, "number": 1, "integer": 2, "small": 0.5}]}),
    (True, {"inputs": [dict(zip(NAMES, ROW, strict=True))]}),
    (False, {"dataframe_split": {"data": [ROW]}}),
    (False, {"dataframe_split": {"columns": None, "data": [ROW]}}),
    (False, {"instances": [ROW]}),
    (False, {"inputs": [ROW]}),
]
OTHER: list[tuple[bool, Any]] = [
    (True, []),
    (True, {}),
    (True, {"inputs": [], "instances": []}),
    (True, {"inputs": [dict(zip(NAMES, ROW, strict=True))], "params": {}}),
    (True, {"inputs": {name: [value] for name, value in zip(NAMES, ROW, strict=True)}}),
    (True, {"inputs": [{"number": 1, "integer": 2, "other": 3}]}),
    (True, {"dataframe_split": {"data": [ROW]}}),
    (True, {"dataframe_split": {"columns": NAMES[::-1], "data": [ROW]}}),
    (True, {"dataframe_split": {"columns": NAMES, "data": [ROW], "index": [1, 2]}}),
    (True, {"dataframe_split": {"columns": NAMES, "data": [ROW[:-1]]}}),
    (False, {"dataframe_split": {"columns": NAMES, "data": [ROW]}}),
    (False, {"dataframe_records": [dict(zip(NAMES, ROW, strict=True))]}),
]


def decoded(content: Any, *, named: bool) -> list[Row] | None:
    """The rows that the decoder finds; None when it refuses the body."""
    decoder = table_decoder(MODELS[named].schema, named=named)
    assert decoder is not None
    return decoder.rows(json.dumps(content).encode())


def general(content: dict[str, Any], *, named: bool) -> list[Row] | None:
    """The rows of the same body with another key, which only the decoder minds; None when it is refused."""
    body = json.dumps({**content, "another": None}).encode()
    assert decoded({**content, "another": None}, named=named) is None
    try:
        return list(Invocations(9).bind(RequestParameters())(body, MODELS[named]).rows)
    except ApiError:
        return None


@pytest.mark.parametrize(("named", "content"), COMMON)
def test_common_bodies(named: bool, content: dict[str, Any]) -> None:  # noqa: FBT001 - a parameter of the test
    """Each form, with the model's columns, is decoded at once."""
    assert decoded(content, named=named) == [tuple(ROW)] == general(content, named=named)


@pytest.mark.parametrize(("named", "content"), OTHER)
def test_other_bodies(named: bool, content: Any) -> None:  # noqa: FBT001 - a parameter of the test
    """What needs more thought is left to the general way."""
    assert decoded(content, named=named) is None


@pytest.mark.parametrize("body", [b"", b"x", b'{"inputs":["\xff"]}', b"[" * 9999, b'{"inputs":[[NaN,1,1,true,"x"]]}'])
def test_what_is_no_json(body: bytes) -> None:
    """It raises nothing."""
    decoder = table_decoder(MODELS[False].schema, named=False)
    assert decoder is not None
    assert decoder.rows(body) is None


@given(rows=ROWS, named=st.booleans())
def test_equal_rows(rows: list[tuple[Any, ...]], named: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whatever the values are: rows that the decoder accepts are those of the general way, types included."""
    data = [list(row) for row in rows]
    objects = [dict(zip(NAMES, row, strict=True)) for row in rows]
    contents: list[dict[str, Any]] = [{"inputs": objects if named else data}, {"dataframe_split": {"data": data}}]
    contents[1]["dataframe_split"] |= {"columns": NAMES} if named else {}
    for content in contents:
        found = decoded(content, named=named)
        if found is not None:
            wanted = general(content, named=named)
            assert wanted is not None
            assert list(map(_typed, found)) == list(map(_typed, wanted))


def test_columns_that_msgspec_reads_otherwise() -> None:
    """A datetime's text has more forms, and an unsigned integer may be too large: such models have no decoder."""
    moment = Column("when", "datetime", "datetime64[ns]")
    for column in (moment, Column("large", "integer", "uint64"), Column("any", "any", "object")):
        for named in (True, False):
            assert table_decoder(Schema([*COLUMNS, column], {}), named=named) is None


def _typed(row: Row) -> list[tuple[type, Any]]:
    return [(type(value), value) for value in row]
