"""Validation of requests: which JSON is a row, and the errors for any other."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.errors import MAX_BODY, ApiError, BodyTooLargeError, InvalidRowError, NotJsonError
from src.service.schema.column import Column, Kind
from src.service.schema.validator import Schema

NUMBER = Column("x", "number", "float64")
INTEGER = Column("n", "integer", "int64")
FLAG = Column("flag", "boolean", "bool")
TEXT = Column("text", "string", "str")
MOMENT = Column("when", "datetime", "datetime64[ns]")
ANYTHING = Column("any", "any", "object", required=False)
ODD_NAMES = [
    *("class", "model_config", "model_fields", "año de nacimiento", "a b", "", "json", "self", "schema", "__class__"),
    *("0", "a.b", "[0]", 'say "hi"', "new\nline", "\\", "😀", "long " * 5000),
]


def schema(*columns: Column) -> Schema:
    """A schema without an example."""
    return Schema(columns, {})


def problems(call: Callable[[], Any]) -> list[tuple[str, str]]:
    """The field and the problem of each reported error."""
    with pytest.raises(InvalidRowError) as caught:
        call()
    assert len(caught.value.body()) <= MAX_BODY
    return [(problem.field, problem.problem) for problem in caught.value.fields]


_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "integer": _INTEGERS,
    "boolean": st.booleans(),
    "string": _TEXTS,
    "datetime": st.datetimes(datetime(1677, 9, 22), datetime(2262, 4, 11)),  # noqa: DTZ001 - rows are naive UTC
    "any": st.one_of(st.booleans(), _INTEGERS, st.floats(allow_nan=False, allow_infinity=False), _TEXTS),
}
_DTYPES: dict[Kind, str] = {
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "string": "str",
    "datetime": "datetime64[ns]",
    "any": "object",
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """Columns with any names and kinds, with rows that fit them."""
    names = draw(st.lists(_TEXTS, min_size=1, max_size=6, unique=True))
    kinds = [draw(st.sampled_from(list(_VALUES))) for _ in names]
    columns = [Column(*pair, _DTYPES[pair[1]], draw(st.booleans())) for pair in zip(names, kinds, strict=True)]
    cells = [_VALUES[column.kind] if column.required else st.none() | _VALUES[column.kind] for column in columns]
    return columns, draw(st.lists(st.tuples(*cells), max_size=5))


def as_json(columns: list[Column], row: tuple[Any, ...], *, absent: bool) -> dict[str, Any]:
    """A row as a client sends it, missing values left out or null."""
    return {
        column.name: value.isoformat() if isinstance(value, datetime) else value
        for column, value in zip(columns, row, strict=True)
        if value is not None or not absent
    }


@given(tables(), st.booleans())
def test_rows_round_trip(table: tuple[list[Column], list[tuple[Any, ...]]], absent: bool) -> None:  # noqa: FBT001
    """Every valid row is read from its JSON unchanged, with its types, alone and in a batch, in column order."""
    columns, rows = table
    found = Schema(columns, {})
    objects = [as_json(columns, row, absent=absent) for row in rows]
    assert found.rows(json.dumps(objects).encode(), 100) == rows
    for row, single in zip(rows, objects, strict=True):
        backwards = dict(reversed(list(single.items())))
        alone = found.row(json.dumps(backwards, ensure_ascii=False).encode())
        assert alone == row
        assert [type(value) for value in alone] == [type(value) for value in row]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_column_name(name: str) -> None:
    """Keywords, spaces, accents, the empty name, names used by pydantic and very long ones are allowed."""
    found = schema(Column(name, "number", "float64"))
    assert found.row(json.dumps({name: 1.5}).encode()) == (1.5,)
    assert found.rows(json.dumps([{name: 1.5}] * 2).encode(), 5) == [(1.5,), (1.5,)]
    shown = name[:100] or '""'
    assert problems(lambda: found.row(b"{}")) == [(shown, "Field required")]
    assert problems(lambda: found.rows(b"[{}]", 5)) == [(f"[0].{shown}", "Field required")]
    assert list(found.json_schema["properties"]) == [name]


FITS: list[tuple[Column, str, Any]] = [
    (NUMBER, "5", 5.0),
    (NUMBER, "-0.0", 0.0),
    (NUMBER, "1e308", 1e308),
    (NUMBER, "5e-324", 5e-324),
    (NUMBER, "123456789012345678901234567890", 123456789012345678901234567890.0),
    (Column("x", "number", "float32"), "3.4028234663852886e38", 3.4028234663852886e38),
    (INTEGER, "9223372036854775807", 2**63 - 1),
    (INTEGER, "-9223372036854775808", -(2**63)),
    (Column("n", "integer", "int32"), "2147483647", 2**31 - 1),
    (Column("n", "integer", "uint8"), "255", 255),
    (INTEGER, "75.0", 75),
    (INTEGER, "7.5e1", 75),
    (INTEGER, "-0.0", 0),
    (INTEGER, "1E2", 100),
    (FLAG, "true", True),
    (TEXT, '""', ""),
    (TEXT, '"\\ud83d\\ude00"', "😀"),
    (MOMENT, '"2024-02-29T12:30:00"', datetime(2024, 2, 29, 12, 30)),  # noqa: DTZ001 - MLflow's are naive
    (MOMENT, '"2024-02-29T12:30:00+02:00"', datetime(2024, 2, 29, 10, 30)),  # noqa: DTZ001
    (MOMENT, '"2024-02-29"', datetime(2024, 2, 29)),  # noqa: DTZ001
    (MOMENT, '"2024-02-29T12:30:00Z"', datetime(2024, 2, 29, 12, 30)),  # noqa: DTZ001
    (ANYTHING, "5", 5),
    (ANYTHING, "5.0", 5.0),
    (ANYTHING, "true", True),
    (ANYTHING, '"5"', "5"),
    (ANYTHING, "null", None),
    (ANYTHING, "9223372036854775808", 2.0**63),
]


@pytest.mark.parametrize(("column", "text", "value"), FITS)
def test_value_fits(column: Column, text: str, value: Any) -> None:
    """The JSON values that each kind accepts, and the resulting Python values."""
    (found,) = schema(column).row(f'{{"{column.name}": {text}}}'.encode())
    assert found == value
    assert type(found) is type(value)


_NOT_A_NUMBER = "Input should be a valid number"
_NOT_FINITE = "Input should be a finite number"
_NOT_AN_INTEGER = "Input should be a valid integer"
_FRACTION = f"{_NOT_AN_INTEGER}, got a number with a fractional part"
_NOT_A_MOMENT = (
    "Input should be a date, or a date and time, in ISO 8601, such as 2024-01-05T10:30:00, "
    "from 1677-09-22 to 2262-04-11"
)
_NOT_A_SCALAR = "Input should be a number, a string, a boolean or null"
MISFITS: list[tuple[Column, str, str]] = [
    (NUMBER, '"5"', _NOT_A_NUMBER),
    (NUMBER, '""', _NOT_A_NUMBER),
    (NUMBER, "true", _NOT_A_NUMBER),
    (NUMBER, "null", _NOT_A_NUMBER),
    (NUMBER, "[5]", _NOT_A_NUMBER),
    (NUMBER, "{}", _NOT_A_NUMBER),
    (NUMBER, "NaN", _NOT_FINITE),
    (NUMBER, "Infinity", _NOT_FINITE),
    (NUMBER, "-Infinity", _NOT_FINITE),
    (NUMBER, "1e400", _NOT_FINITE),
    (NUMBER, "9" * 400, _NOT_FINITE),
    (NUMBER, '"NaN"', _NOT_A_NUMBER),
    (Column("x", "number", "float32"), "3.5e38", f"Input should be less than or equal to {34028234663852886 * 10**22}"),
    (Column("x", "number", "float16"), "-70000", "Input should be greater than or equal to -65504"),
    (INTEGER, "5.5", _FRACTION),
    (INTEGER, "55e-1", _FRACTION),
    (INTEGER, '"5.0"', _NOT_AN_INTEGER),
    (INTEGER, '"5"', _NOT_AN_INTEGER),
    (INTEGER, "true", _NOT_AN_INTEGER),
    (INTEGER, "null", _NOT_AN_INTEGER),
    (INTEGER, "NaN", _NOT_AN_INTEGER),
    (INTEGER, "9223372036854775808", "Input should be less than or equal to 9223372036854775807"),
    (INTEGER, "-9223372036854775809", "Input should be greater than or equal to -9223372036854775808"),
    (Column("n", "integer", "int32"), "2147483648", "Input should be less than or equal to 2147483647"),
    (Column("n", "integer", "int32"), "2147483648.0", "Input should be less than or equal to 2147483647"),
    (Column("n", "integer", "uint8"), "-1", "Input should be greater than or equal to 0"),
    (FLAG, "1", "Input should be a valid boolean"),
    (FLAG, "0", "Input should be a valid boolean"),
    (FLAG, '"true"', "Input should be a valid boolean"),
    (FLAG, "null", "Input should be a valid boolean"),
    (TEXT, "5", "Input should be a valid string"),
    (TEXT, "null", "Input should be a valid string"),
    (TEXT, '["a"]', "Input should be a valid string"),
    (MOMENT, "1700000000", _NOT_A_MOMENT),
    (MOMENT, "true", _NOT_A_MOMENT),
    (ANYTHING, "[1]", _NOT_A_SCALAR),
    (ANYTHING, "{}", _NOT_A_SCALAR),
    (ANYTHING, "NaN", _NOT_A_SCALAR),
    (ANYTHING, "1e400", _NOT_A_SCALAR),
]


@pytest.mark.parametrize(("column", "text", "problem"), MISFITS)
def test_value_does_not_fit(column: Column, text: str, problem: str) -> None:
    """Values of another type are not converted: the error names the field and the expected type."""
    body = f'{{"{column.name}": {text}}}'.encode()
    assert problems(lambda: schema(column).row(body)) == [(column.name, problem)]
    assert problems(lambda: schema(column).rows(b"[%b]" % body, 5)) == [(f"[0].{column.name}", problem)]


@pytest.mark.parametrize(
    "text",
    [
        '"2024-13-01T00:00:00"',
        '"2024-02-1"',
        '"05/01/2024"',
        '"yesterday"',
        '"2024-02-30T00:00:00"',
        '"2024-02-30"',
        '""',
        '"1677-09-21"',
        '"1677-09-21T23:59:59"',
        '"2262-04-11T23:47:17"',
        '"2262-04-12"',
        '"2262-04-12T03:00:00+03:00"',
        '"0001-01-01T00:00:00+03:00"',
        '"9999-12-31T23:59:59-01:00"',
    ],
)
def test_datetime_does_not_fit(text: str) -> None:
    """A text that is not a datetime, or one that nanoseconds cannot hold, is refused; the error does not repeat it."""
    assert problems(lambda: schema(MOMENT).row(f'{{"when": {text}}}'.encode())) == [("when", _NOT_A_MOMENT)]


@pytest.mark.parametrize(
    "text",
    [
        "1677-09-22",
        "1677-09-22T00:00:00",
        "1677-09-21T21:00:00-03:00",
        "2262-04-11",
        "2262-04-11T23:47:16.854775",
        "2262-04-12T01:00:00+03:00",
    ],
)
def test_datetimes_at_the_limits_fit(text: str) -> None:
    """The first and the last moments that 64 bits of nanoseconds hold are served, whatever their offset."""
    [moment] = schema(MOMENT).row(f'{{"when": "{text}"}}'.encode())
    assert np.datetime64(moment, "ns").astype("datetime64[us]").item() == moment


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-01:00"])
def test_datetimes_without_a_utc_moment_do_not_fit(text: str) -> None:
    """Where the dtype holds every datetime, one whose moment in UTC is outside of the calendar is refused."""
    days = schema(Column("when", "datetime", "datetime64[D]"))
    assert days.row(b'{"when": "0001-01-01"}') == (datetime(1, 1, 1),)  # noqa: DTZ001 - rows are naive UTC
    assert [field for field, _ in problems(lambda: days.row(f'{{"when": "{text}"}}'.encode()))] == ["when"]


@pytest.mark.parametrize("kind", _VALUES)
def test_optional_column(kind: Kind) -> None:
    """For an optional column null and absent are the same missing value."""
    found = schema(NUMBER, Column("maybe", kind, _DTYPES[kind], required=False))
    assert found.row(b'{"x": 1}') == (1.0, None)
    assert found.row(b'{"x": 1, "maybe": null}') == (1.0, None)


@pytest.mark.parametrize("kind", _VALUES)
def test_required_column(kind: Kind) -> None:
    """A required column must be there, with a value."""
    found = schema(Column("must", kind, _DTYPES[kind]))
    assert problems(lambda: found.row(b"{}")) == [("must", "Field required")]
    assert [field for field, _problem in problems(lambda: found.row(b'{"must": null}'))] == ["must"]


def test_offsets_become_utc() -> None:
    """A datetime with an offset is converted to UTC: MLflow's datetime columns have no time zone."""
    moment = datetime(2024, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    (found,) = schema(MOMENT).row(json.dumps({"when": moment.isoformat()}).encode())
    assert found == moment.astimezone(UTC).replace(tzinfo=None)
    assert found.tzinfo is None


def test_duplicate_key() -> None:
    """For a duplicate key the last value counts, as in JavaScript and Python."""
    assert schema(NUMBER).row(b'{"x": "a", "x": 2}') == (2.0,)
    assert problems(lambda: schema(NUMBER).row(b'{"x": 2, "x": "a"}')) == [("x", _NOT_A_NUMBER)]


def test_extra_field() -> None:
    """A field that is not in the signature is an error that names it: it is probably misspelled."""
    found = problems(lambda: schema(NUMBER).row(b'{"x": 1, "X": 2}'))
    assert found == [("X", "is not a field of the model's signature")]


def test_every_problem_of_a_row() -> None:
    """All invalid fields of a row are reported together, in the signature's order."""
    found = problems(lambda: schema(NUMBER, INTEGER, FLAG).row(b'{"flag": 1, "x": "1"}'))
    assert [field for field, _problem in found] == ["x", "n", "flag"]


@pytest.mark.parametrize("body", [b"[]", b"5", b'"x"', b"null", b"true", b"NaN"])
def test_row_is_not_an_object(body: bytes) -> None:
    """A body that is JSON but not an object has its own error."""
    found = problems(lambda: schema(NUMBER).row(body))
    assert found == [("body", "must be a JSON object with the fields of the model's signature")]


@pytest.mark.parametrize("body", [b'{"x": 1}', b"5", b"null"])
def test_batch_is_not_an_array(body: bytes) -> None:
    """A batch that is not an array has its own error."""
    assert problems(lambda: schema(NUMBER).rows(body, 5)) == [("body", "must be a JSON array of objects")]


def test_batch_names_rows() -> None:
    """In a batch every problem has the index of its row."""
    body = b'[{"x": 1}, 7, {"x": "1"}, {}, {"x": 1, "y": 1}]'
    assert problems(lambda: schema(NUMBER).rows(body, 10)) == [
        ("[1]", "must be a JSON object"),
        ("[2].x", _NOT_A_NUMBER),
        ("[3].x", "Field required"),
        ("[4].y", "is not a field of the model's signature"),
    ]


def test_batch_limit() -> None:
    """As many rows as the limit are accepted, one more is too large."""
    rows = [{"x": 1.0}] * 5
    assert len(schema(NUMBER).rows(json.dumps(rows).encode(), 5)) == 5
    with pytest.raises(BodyTooLargeError, match="5 rows; the limit is 4"):
        schema(NUMBER).rows(json.dumps(rows).encode(), 4)


def test_empty_batch() -> None:
    """An empty array is a batch of no rows."""
    assert schema(NUMBER).rows(b"[]", 5) == []


NOT_JSON = {
    "empty": b"",
    "blank": b" \n",
    "word": b"nope",
    "cut": b'{"x": 1',
    "trailing": b'{"x": 1} x',
    "trailing comma": b'{"x": 1,}',
    "single quotes": b"{'x': 1}",
    "comment": b'{"x": 1} // one',
    "broken UTF-8": b'{"x": "\xff\xfe"}',
    "UTF-16": '{"x": 1}'.encode("utf-16"),
    "two byte order marks": b'\xef\xbb\xbf\xef\xbb\xbf{"x": 1}',
    "lone surrogate": b'{"\\ud800": 1}',
    "control character": b'{"x": "\x01"}',
    "nested arrays": b"[" * 100_000,
    "nested objects": b'{"x":' * 100_000,
    "endless number": b'{"x": ' + b"9" * 100_000 + b"}",
    "hexadecimal": b'{"x": 0x10}',
    "leading zero": b'{"x": 01}',
    "form": b"x=1",
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_not_json(case: str) -> None:
    """A body that is not JSON has its own short error."""
    for call in (schema(NUMBER, TEXT).row, lambda body: schema(NUMBER, TEXT).rows(body, 5)):
        with pytest.raises(NotJsonError, match=r"the body is not (JSON: |UTF-8)") as caught:
            call(NOT_JSON[case])
        assert len(caught.value.body()) < 200


LARGE = "v" * 500_000
HOSTILE: dict[str, Any] = {
    "large value": {"x": LARGE},
    "large array": {"x": [1] * 100_000},
    "large key": {LARGE: 1},
    "large key of quotes": {'"' * 100_000: 1},
    "many keys": {f"key{place}": 1 for place in range(50_000)},
    "many large keys": {"\x01" * 1000 + str(place): 1 for place in range(500)},
    "many large wide keys": {"😀" * 1000 + str(place): 1 for place in range(500)},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_answer_to_hostile_input_is_short(case: str) -> None:
    """No error is longer than 10 kB, repeats more than 100 characters of a key, or any part of a value."""
    for call in (schema(NUMBER).row, lambda body: schema(NUMBER).rows(b"[%b]" % body, 5)):
        with pytest.raises(ApiError) as caught:
            call(json.dumps(HOSTILE[case], ensure_ascii=False).encode())
        assert caught.value.status == 422
        assert len(caught.value.body()) <= MAX_BODY
        assert b"v" * 101 not in caught.value.body()
        assert len(caught.value.fields) <= 20


@pytest.mark.parametrize(("cell", "more"), [(b"0", 0), (b"{}", 30), (b'{"c1":0}', 29)])
def test_large_bad_batch_reports_its_first_row(cell: bytes, more: int) -> None:
    """Of a megabyte of invalid rows only the first is reported: listing all would delay other requests."""
    wide = schema(*[Column(f"c{place}", "number", "float64") for place in range(50)])
    body = b"[%b]" % b",".join([cell] * ((1 << 20) // (len(cell) + 1)))
    with pytest.raises(InvalidRowError) as caught:
        wide.rows(body, 1 << 20)
    assert all(problem.field.startswith("[0]") for problem in caught.value.fields)
    assert caught.value.detail.endswith(f"and {more} more") or not more


def test_more_problems_are_counted() -> None:
    """Twenty fields are named, the rest counted."""
    many = schema(*[Column(f"c{place}", "number", "float64") for place in range(50)])
    with pytest.raises(InvalidRowError, match=r"c0, c1, .*, c19 and 30 more$") as caught:
        many.row(b"{}")
    assert len(caught.value.fields) == 20


def test_rows_of() -> None:
    """Parsed objects have the same validation."""
    assert schema(NUMBER, MOMENT).rows_of([{"when": "2024-01-01T00:00:00", "x": 1}]) == [
        (1.0, datetime(2024, 1, 1))  # noqa: DTZ001 - MLflow's are naive
    ]


def test_json_schema() -> None:
    """The JSON Schema of a row has the types, limits and required fields of the signature, and the example."""
    columns = (NUMBER, INTEGER, FLAG, TEXT, MOMENT, Column("maybe", "number", "float64", required=False))
    found = Schema(columns, {"x": 1.5}).json_schema
    assert found["properties"] == {
        "x": {"type": "number"},
        "n": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        "flag": {"type": "boolean"},
        "text": {"type": "string"},
        "when": {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date-time-local"},
                {"type": "string", "format": "date"},
            ],
            "description": "A date, or a date and time, from 1677-09-22 to 2262-04-11",
        },
        "maybe": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    }
    assert found["required"] == ["x", "n", "flag", "text", "when"]
    assert found["additionalProperties"] is False
    assert found["example"] == {"x": 1.5}


@given(tables())
def test_columns_give_the_same_rows_as_objects(table: tuple[list[Column], list[tuple[Any, ...]]]) -> None:
    """Values that come column by column become the rows that the same values become as JSON objects."""
    columns, rows = table
    found = schema(*columns)
    objects = [as_json(columns, row, absent=False) for row in rows]
    values = {column.name: [value[column.name] for value in objects] for column in columns}
    assert found.rows_of_columns(values, len(rows)) == found.rows(json.dumps(objects).encode(), 100)


def test_absent_columns() -> None:
    """An optional column that is absent is missing in every row; a required one is a problem, as is an unknown one."""
    optional = Column("y", "number", "float64", required=False)
    assert schema(NUMBER, optional).rows_of_columns({"x": [1.0, 2.0]}, 2) == [(1.0, None), (2.0, None)]
    assert problems(lambda: schema(NUMBER, optional).rows_of_columns({"z": [1.0]}, 1)) == [
        ("z", "is not a field of the model's signature"),
        ("x", "Field required"),
    ]


@pytest.mark.parametrize(
    ("column", "values", "place"),
    [
        (NUMBER, [1.0, "2"], 1),
        (NUMBER, [True], 0),
        (NUMBER, [1.0, None], 1),
        (NUMBER, [float("nan")], 0),
        (NUMBER, [10**400], 0),
        (INTEGER, [1, 2, 2**63], 2),
        (INTEGER, [1.5], 0),
        (FLAG, [True, 1], 1),
        (TEXT, ["a", 1], 1),
        (MOMENT, ["2024-01-05", "yesterday"], 1),
        (ANYTHING, [1, [2]], 1),
    ],
)
def test_a_wrong_value_of_a_column_is_named(column: Column, values: list[Any], place: int) -> None:
    """The field has the index of the first wrong row of the column."""
    (named, _problem), *others = problems(lambda: schema(column).rows_of_columns({column.name: values}, len(values)))
    assert named == f"[{place}].{column.name}"
    assert others == []
