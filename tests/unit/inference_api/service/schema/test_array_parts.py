"""Large batches are validated some rows at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError, core_schema

from src.errors import InvalidRowError, NotJsonError
from src.service.schema.array_parts import NotSplitError, array_parts
from src.service.schema.column import Column
from src.service.schema.validator import LARGE_BODY, PART_ROWS, Schema
from tests.unit.inference_api.service.schema.test_struct_decoder import cases, reference, spelled

MOMENTS = Schema([Column("when", "datetime", "datetime64[ns]"), Column("x", "number", "float64")], {})
COUNT = 3 * PART_ROWS + 5


def batch(place: int, x: str) -> bytes:
    """A large body with a value of its own in one row."""
    rows = [f'{{"when": "2024-02-29T12:30:00", "x": {x if row == place else row}}}' for row in range(COUNT)]
    body = f"[{', '.join(rows)}]".encode()
    assert len(body) > LARGE_BODY / 2
    return body + b" " * LARGE_BODY


def test_parts() -> None:
    """The parts have the elements in order, as they are written."""
    assert list(array_parts(b' [1, {"a" : [2]} ,3 ]', 2)) == [b'[1,{"a" : [2]}]', b"[3]"]
    assert list(array_parts(b"[]", 2)) == []


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1,]", b"[1", b"[1] 2", b"\xef\xbb\xbf[]", b'["\xff', b"null", b"[" * 5000]
)
def test_no_array(text: bytes) -> None:
    """Anything else than one JSON array is not split."""
    with pytest.raises(NotSplitError):
        list(array_parts(text, 2))


@given(cases(), st.integers(1, 3))
def test_parts_are_valid_as_the_whole_is(case: tuple[list[Column], bytes, bytes], size: int) -> None:
    """Where pydantic-core accepts every part of a body, it accepts the whole, with the same values."""
    columns, _one, body = case
    validator = SchemaValidator(core_schema.list_schema(reference(columns)))
    try:
        values = [row for part in array_parts(body, size) for row in validator.validate_json(part)]
    except (NotSplitError, ValidationError):
        return
    assert spelled(values, columns) == spelled(validator.validate_json(body), columns)


def test_large_batch() -> None:
    """A large batch that pydantic-core validates has all rows in order."""
    rows = MOMENTS.rows(batch(7, "0.5"), COUNT)
    assert [row[1] for row in rows] == [0.5 if place == 7 else float(place) for place in range(COUNT)]


@pytest.mark.parametrize("place", [0, COUNT - 1])
def test_error_in_a_large_batch(place: int) -> None:
    """The error has the index of the row in the whole batch."""
    with pytest.raises(InvalidRowError) as caught:
        MOMENTS.rows(batch(place, '"1"'), COUNT)
    assert [problem.field for problem in caught.value.fields] == [f"[{place}].x"]


def test_large_body_that_is_not_json() -> None:
    """A fault of the JSON in a large body, also one inside of a text, is an error of the whole body."""
    for text in ("01", '"\\ud800"'):
        with pytest.raises(NotJsonError):
            MOMENTS.rows(batch(COUNT - 1, text), COUNT)


def test_large_body_with_a_byte_order_mark() -> None:
    """A byte order mark before a large body is ignored."""
    assert len(MOMENTS.rows(b"\xef\xbb\xbf" + batch(0, "1"), COUNT)) == COUNT
