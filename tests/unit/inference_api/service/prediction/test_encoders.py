"""Encoding rows as a matrix or a DataFrame: the same values in both, independent of the other rows."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import check_array

from src.service.prediction.encoders import Encoder, FrameEncoder, MatrixEncoder, SequenceEncoder
from src.service.schema.column import Column, Kind
from src.service.schema.missing_values import Marker

DTYPES: dict[Kind, list[str]] = {
    "number": ["float64", "float32", "float16"],
    "integer": ["int64", "int32", "int8", "uint64", "uint8"],
    "boolean": ["bool"],
    "string": ["str", "object"],
    "datetime": ["datetime64[ns]"],
    "any": ["object"],
}
_TEXTS = st.sampled_from(["", "a", "año", "nan", "1"])


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Values that the column's schema accepts."""
    if column.kind == "number":
        largest = float(np.finfo(column.dtype).max)
        found: st.SearchStrategy[Any] = st.floats(-largest, largest)
    elif column.kind == "integer":
        info = np.iinfo(column.dtype)
        found = st.integers(int(info.min), int(info.max))
    elif column.kind == "boolean":
        found = st.booleans()
    elif column.kind == "datetime":
        found = st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2200-01-01"))
    elif column.kind == "string":
        found = _TEXTS
    else:
        found = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(-1e300, 1e300), _TEXTS)
    return found if column.required else st.none() | found


@st.composite
def tables(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(DTYPES)) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """Columns of some kinds, with at least one row."""
    columns = []
    for place in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(kinds))
        columns.append(Column(f"c{place}", kind, draw(st.sampled_from(DTYPES[kind])), draw(st.booleans())))
    return columns, draw(st.lists(st.tuples(*map(cells, columns)), min_size=1, max_size=8))


@given(tables())
def test_groups_change_nothing(table: tuple[list[Column], list[tuple[Any, ...]]]) -> None:
    """In its group every row has the same values and dtypes as alone."""
    columns, rows = table
    encoder = FrameEncoder(columns)
    groups = encoder.groups(rows)
    assert sorted(place for group in groups for place in group) == list(range(len(rows)))
    for group in groups:
        together = encoder.encode([rows[place] for place in group])
        for line, place in enumerate(group):
            pd.testing.assert_frame_equal(
                together.iloc[line : line + 1].reset_index(drop=True), encoder.encode([rows[place]])
            )


_NUMERIC: tuple[Kind, ...] = ("number", "integer", "boolean")


@settings(max_examples=300)  # a matrix fits about one in four
@given(tables(_NUMERIC) | tables(("string",)))
def test_matrix_is_what_the_frame_would_be(table: tuple[list[Column], list[tuple[Any, ...]]]) -> None:
    """A matrix has the dtype and the values to which scikit-learn converts the DataFrame.

    Booleans beside numbers are the exception in dtype alone: pandas calls them objects, which scikit-learn then reads
    as float64.
    """
    columns, rows = table
    if not MatrixEncoder.fits(columns):
        return
    matrix, frame = MatrixEncoder(columns).encode(rows), FrameEncoder(columns).encode(rows)
    assert matrix.shape == (len(rows), len(columns))
    if matrix.dtype != object and frame.to_numpy().dtype == object:
        assert "boolean" in {column.kind for column in columns}
        read = check_array(frame, ensure_all_finite=False)
        np.testing.assert_array_equal(matrix.astype("float64"), read)
    else:
        assert matrix.dtype == frame.to_numpy().dtype
        np.testing.assert_array_equal(matrix, frame.to_numpy())


def column(dtype: str, kind: Kind, *, required: bool = True) -> Column:
    """A column with any name."""
    return Column(f"{dtype}-{required}", kind, dtype, required)


FITS = [
    ([column("float64", "number")], True),
    ([column("float64", "number", required=False)], True),
    ([column("float32", "number")], True),
    ([column("float64", "number"), column("int64", "integer"), column("bool", "boolean")], True),
    ([column("int64", "integer"), column("int32", "integer")], True),
    ([column("object", "string"), column("object", "string")], True),
    ([column("float32", "number"), column("float64", "number")], False),
    ([column("float32", "number"), column("int64", "integer")], False),
    ([column("float16", "number"), column("bool", "boolean")], False),
    ([column("int64", "integer", required=False)], False),
    ([column("bool", "boolean", required=False)], False),
    ([column("str", "string")], False),
    ([column("object", "string", required=False)], False),
    ([column("float64", "number"), column("object", "string")], False),
    ([column("datetime64[ns]", "datetime")], False),
    ([column("object", "any", required=False)], False),
]


@pytest.mark.parametrize(("columns", "fits"), FITS)
def test_fits(columns: list[Column], fits: bool) -> None:  # noqa: FBT001 - a table of cases
    """A matrix fits only numbers that one dtype represents without rounding, and texts."""
    assert MatrixEncoder.fits(columns) is fits


def test_matrix_reads_missing_numbers_as_nan() -> None:
    """A missing number is NaN and needs no group of its own."""
    encoder = MatrixEncoder([column("float64", "number", required=False), column("int64", "integer")])
    rows = [(None, 1), (2.5, 2)]
    assert encoder.groups(rows) == [[0, 1]]
    np.testing.assert_array_equal(encoder.encode(rows), [[np.nan, 1], [2.5, 2]])


def test_frame_has_the_signatures_names_and_dtypes() -> None:
    """A DataFrame has the columns of the signature in order, whatever their names, each in its dtype."""
    columns = [
        Column("class", "number", "float32"),
        Column("", "integer", "int32"),
        Column("año de nacimiento", "boolean", "bool"),
        Column("0", "datetime", "datetime64[ns]"),
    ]
    frame = FrameEncoder(columns).encode([(1.5, 2, True, pd.Timestamp("2024-01-01"))] * 2)
    assert list(frame.columns) == ["class", "", "año de nacimiento", "0"]
    assert [str(dtype) for dtype in frame.dtypes] == ["float32", "int32", "bool", "datetime64[ns]"]
    assert len(frame) == 2


def test_unnamed_frame_is_numbered() -> None:
    """A model without column names gets numbered columns, as pandas numbers those of an array."""
    frame = FrameEncoder([column("float64", "number"), column("int64", "integer")], named=False).encode([(1.5, 2)])
    assert frame.columns.equals(pd.RangeIndex(2))


def test_missing_values_have_the_dtype_of_a_read_file() -> None:
    """With a missing value integers become float64 and booleans objects, as when pandas reads a file."""
    columns = [column("int64", "integer", required=False), column("bool", "boolean", required=False)]
    frame = FrameEncoder(columns).encode([(None, None), (None, None)])
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "object"]


def test_missing_values_have_their_own_group() -> None:
    """A missing integer in one row must not convert the integers of another to floats."""
    encoder = FrameEncoder([column("int64", "integer", required=False), column("str", "string", required=False)])
    assert encoder.groups([(1, "a"), (None, "a"), (2, None), (None, None)]) == [[0, 2], [1, 3]]


def test_untyped_values_are_grouped_by_type() -> None:
    """In an untyped column a text in one row must not convert the number of another to an object."""
    encoder = FrameEncoder([column("object", "any", required=False)])
    assert encoder.groups([(1,), ("a",), (2,), (1.5,), (True,), (None,), ("b",)]) == [[0, 2], [1, 6], [3], [4], [5]]


@pytest.mark.parametrize("encoder", [MatrixEncoder([column("float64", "number")]), FrameEncoder([])])
def test_path_is_named(encoder: Encoder) -> None:
    """Each encoder has a name for `GET /model`."""
    assert encoder.path in {"matrix", "frame"}


MARKED: list[tuple[Column, Marker, Any, str, str]] = [
    (column("float64", "number", required=False), "none", 1.5, "object", "float64"),
    (column("int64", "integer", required=False), "nan", 2, "float64", "int64"),
    (column("int64", "integer", required=False), "na", 2, "Int64", "int64"),
    (column("uint8", "integer", required=False), "na", 2, "UInt8", "uint8"),
    (column("bool", "boolean", required=False), "none", True, "object", "bool"),
    (column("bool", "boolean", required=False), "nan", True, "object", "bool"),
    (column("bool", "boolean", required=False), "na", True, "boolean", "bool"),
    (column("str", "string", required=False), "nan", "a", "str", "str"),
    (column("str", "string", required=False), "none", "a", "object", "object"),
    (column("str", "string", required=False), "na", "a", "string", "string"),
    (column("object", "any", required=False), "nan", "a", "object", "str"),
]


@pytest.mark.parametrize(("of", "marker", "value", "dtype", "whole_dtype"), MARKED)
def test_markers_of_missing_values(of: Column, marker: Marker, value: Any, dtype: str, whole_dtype: str) -> None:
    """A missing value is the chosen marker in a suitable dtype; without missing values the dtype is the usual one."""
    encoder = FrameEncoder([of], markers=[marker])
    series = encoder.encode([(None,)])[of.name]
    assert str(series.dtype) == dtype
    (mark,) = series.tolist()
    assert {"none": mark is None, "na": mark is pd.NA, "nan": isinstance(mark, float) and np.isnan(mark)}[marker]
    assert str(encoder.encode([(value,)])[of.name].dtype) == whole_dtype


def test_labels_that_are_no_text() -> None:
    """A column that was named by a number, or by a pair of texts, has that label in the DataFrame."""
    columns = [Column("0", "number", "float64", label=0), Column("2019", "number", "float64", label=2019)]
    assert FrameEncoder(columns).encode([(1.0, 2.0)]).columns.equals(pd.Index([0, 2019]))
    pair = Column("['a', 'b']", "number", "float64", label=("a", "b"))
    assert FrameEncoder([pair]).encode([(1.0,)]).columns.equals(pd.MultiIndex.from_tuples([("a", "b")]))


@pytest.mark.parametrize(("dtype", "kind"), [("object", "O"), ("str", "U")])
def test_sequence(dtype: Literal["object", "str"], kind: str) -> None:
    """Texts are an array of one dimension, in one call."""
    encoder = SequenceEncoder(dtype)
    rows = [("hola",), ("",), ("un texto más largo",)]
    found = encoder.encode(rows)
    assert (found.shape, found.dtype.kind, found.tolist()) == ((3,), kind, [row[0] for row in rows])
    assert encoder.groups(rows) == [[0, 1, 2]]
