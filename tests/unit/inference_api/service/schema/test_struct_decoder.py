"""The fast decoder of JSON rows against pydantic-core: what it accepts, pydantic-core accepts with the same values."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError, core_schema

from src.service.schema.column import Column, Kind
from src.service.schema.struct_decoder import MAX_COLUMNS, StructDecoder, as_tuple, struct_decoder

DTYPES: dict[Kind, tuple[str, ...]] = {
    "number": ("float64", "float32", "float16"),
    "integer": ("int64", "int32", "int8", "uint8", "uint32"),
    "boolean": ("bool",),
    "string": ("str", "object"),
}
NAMES = ["x", "n", "año de nacimiento", "a b", "", "class", "__class__", "column_0", "column_1", "😀", "0"]
EDGES = [
    *(
        "0",
        "-0",
        "0.0",
        "-0.0",
        "75",
        "75.0",
        "7.5e1",
        "-1",
        "1e5",
        "1E+5",
        "1e-400",
        "1e308",
        "1e309",
        "1e999",
        "-1e999",
    ),
    *("NaN", "Infinity", "-Infinity", "nan", "true", "false", "null", "None", '""', '"1"', '"true"', '"NaN"'),
    *(
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "--1",
        "0x1",
        "1_000",
        "1 2",
        "",
        "1,",
        "9007199254740993",
        "9007199254740993.0",
    ),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *("18446744073709551615", "18446744073709551616", "1" * 25, "1" * 309, "9" * 400, "1" + "0" * 5000),
    *("0." + "0" * 400 + "1", "0." + "3" * 800, "1." + "9" * 5000, "0e99999999999999999999", "1e-99999999999999999999"),
    *("65504", "65504.1", "65520", "3.4028234663852886e38", "3.4028234663852887e38", "3.4028235677973366e38", "5e-324"),
    *("2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "255", "256", "-128", "-129"),
    *("2147483647", "2147483648", "4294967295", "4294967296", "[]", "[1]", "{}", "[" * 300, '{"x":' * 300),
    *('"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"\\u00"', '"\\x"', '"\\/"', '"\\u0000"', '"'),
    *(
        '"a\nb"',
        '"a\tb"',
        '"\x00"',
        '"\x7f"',
        "'a'",
        '"\ufeff"',
        '"\u2028"',
        '"\xe9"',
        "/* */1",
        "1//",
        "\x0b1",
        "\xa01",
    ),
]
INVALID_UTF8 = [b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b'"\xc3', b"\xff"]
SPACE = st.sampled_from([b"", b" ", b"\n\t\r", b"\x0c", b"\xc2\xa0"])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_DIGITS = st.text("0123456789", min_size=1, max_size=60)
_NUMBERS = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{int(whole)}{fraction}{exponent}",
    st.sampled_from(["", "-"]),
    _DIGITS,
    st.just("") | _DIGITS.map(lambda digits: f".{digits}"),
    st.just("") | st.integers(-400, 400).map(lambda power: f"e{power}"),
)
CELLS = st.one_of(
    st.sampled_from([edge.encode() for edge in EDGES] + INVALID_UTF8),
    _NUMBERS.map(str.encode),
    _TEXTS.map(lambda text: json.dumps(text).encode()),
    _TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False).encode()),
    st.integers().map(lambda value: str(value).encode()),
    st.floats().map(lambda value: repr(value).encode()),
)


def reference(columns: Sequence[Column]) -> core_schema.CoreSchema:
    """The schema of a row that pydantic-core validates."""
    fields = {
        column.name: core_schema.typed_dict_field(column.core_schema(), required=column.required) for column in columns
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid")


def decoder(*columns: Column) -> StructDecoder:
    """The decoder, where there is one."""
    found = struct_decoder(columns)
    assert found is not None
    return found


@st.composite
def tables(draw: st.DrawFn) -> list[Column]:
    """Columns that have a decoder."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    kinds = [draw(st.sampled_from(list(DTYPES))) for _ in names]
    return [
        Column(name, kind, draw(st.sampled_from(DTYPES[kind])), draw(st.booleans()))
        for name, kind in zip(names, kinds, strict=True)
    ]


def _fitting(column: Column) -> st.SearchStrategy[bytes]:
    """Values that mostly fit the column, so that other faults of the body are seen too."""
    texts = {
        "number": st.sampled_from([b"1.5", b"-0.0", b"-0", b"75", b"1e3"]) | _NUMBERS.map(str.encode),
        "integer": st.integers(-10, 130).map(lambda value: str(value).encode()),
        "boolean": st.sampled_from([b"true", b"false"]),
        "string": _TEXTS.map(lambda text: json.dumps(text).encode()),
    }
    return texts[column.kind]


@st.composite
def objects(draw: st.DrawFn, columns: list[Column]) -> bytes:
    """A JSON object that fits the columns, or nearly."""
    members = []
    for column in draw(st.permutations(columns)):
        name = json.dumps(column.name, ensure_ascii=draw(st.booleans())).encode()
        if name[1:2].isalnum() and draw(st.booleans()):
            name = b'"\\u%04x' % name[1] + name[2:]  # the same name, escaped without need
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 1, 1, 0, 2]))):
            value = draw(CELLS if draw(st.integers(0, 5)) == 0 else _fitting(column))
            members.append(draw(SPACE if draw(st.integers(0, 9)) == 0 else st.just(b"")) + name + b":" + value)
    if draw(st.integers(0, 9)) == 0:
        members.append(draw(st.sampled_from([b'"other":1', b'"x\\u0000":1', b'"\xff":1', b'"\\ud800":1', b"x:1", b""])))
    return b"{" + b",".join(members) + b"}"


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Column], bytes, bytes]:
    """Columns, a body for one row, and a body for a batch."""
    columns = draw(tables())
    start, end = draw(
        st.sampled_from(
            [(b"", b"")] * 6 + [(b"\xef\xbb\xbf", b""), (b"", b"\x00"), (b" ", b" "), (b"", b"]"), (b"", b",")]
        )
    )
    rows = draw(st.lists(objects(columns), min_size=1, max_size=3))
    return columns, start + rows[0] + end, start + b"[" + b",".join(rows) + b"]" + end


def spelled(rows: Sequence[dict[str, Any]], columns: Sequence[Column]) -> list[str]:
    """Rows as texts that tell -0.0 from 0.0, and 1 from 1.0 and from true."""
    return [repr(tuple([row.get(column.name) for column in columns])) for row in rows]


@given(cases())
def test_it_accepts_nothing_else_than_pydantic(case: tuple[list[Column], bytes, bytes]) -> None:
    """A body that the decoder accepts is valid for pydantic-core too, and every value and type is the same."""
    columns, one, many = case
    fast, schema = decoder(*columns), reference(columns)
    row = fast.row(one)
    if row is not None:
        assert [repr(row)] == spelled([SchemaValidator(schema).validate_json(one)], columns)
    structs = fast.structs(many)
    if structs is not None:
        values = SchemaValidator(core_schema.list_schema(schema)).validate_json(many)
        assert [repr(as_tuple(struct)) for struct in structs] == spelled(values, columns)


@given(tables().flatmap(lambda columns: st.tuples(st.just(columns), st.tuples(*map(_fitting, columns)))))
def test_it_accepts_the_usual_form(case: tuple[list[Column], tuple[bytes, ...]]) -> None:
    """What pydantic-core accepts is decoded fast, unless it is an unusual form such as 75.0 for an integer."""
    columns, values = case
    names = [json.dumps(column.name).encode() for column in columns]
    body = b"{" + b", ".join(b"%b: %b" % member for member in zip(names, values, strict=True)) + b"}"
    try:
        SchemaValidator(reference(columns)).validate_json(body)
    except ValidationError:
        assert decoder(*columns).row(body) is None
    else:
        assert decoder(*columns).row(body) is not None


@pytest.mark.parametrize("value", [*(edge.encode() for edge in EDGES), *INVALID_UTF8])
@pytest.mark.parametrize("required", [True, False])
def test_edge_values(value: bytes, required: bool) -> None:  # noqa: FBT001
    """Each value at the edge of JSON, in each kind of column: accepted only as pydantic-core does."""
    body = b'{"x":%b}' % value
    for kind, dtypes in DTYPES.items():
        for dtype in dtypes:
            column = Column("x", kind, dtype, required)
            row = decoder(column).row(body)
            if row is not None:
                assert [repr(row)] == spelled([SchemaValidator(reference([column])).validate_json(body)], [column])


@pytest.mark.parametrize(
    "columns",
    [
        [Column("when", "datetime", "datetime64[ns]")],
        [Column("x", "number", "float64"), Column("any", "any", "object")],
        [Column("n", "integer", "uint64")],
        [Column('say "hi"', "number", "float64")],
        [Column("back\\slash", "number", "float64")],
        [Column("new\nline", "number", "float64")],
        [Column(f"x{index}", "number", "float64") for index in range(MAX_COLUMNS + 1)],
    ],
)
def test_columns_without_a_decoder(columns: list[Column]) -> None:
    """Datetimes, columns of any type, uint64, escaped names and very many columns have no decoder."""
    assert struct_decoder(columns) is None
