"""`profile.json`: written and read again, and refused with a reason when it is damaged."""

import json
import math
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.service.feature_profile import (
    MAX_BYTES,
    MAX_CATEGORIES,
    MAX_EDGES,
    PROFILE_FILE,
    CategoryProfile,
    ColumnProfile,
    FeatureProfile,
    NumberProfile,
    ProfileError,
    most_bins,
    parse_profile,
    read_profile,
)

PROFILE = FeatureProfile(
    rows=10,
    columns={
        "área": NumberProfile("number", (1.5, 2.5), (3, 3, 3), missing=1),
        "built": NumberProfile("datetime", (1577836800.0,), (5, 5)),
        "colour": CategoryProfile(("red", "blue"), (5, 3), other=2),
        "flag": CategoryProfile((True, False), (6, 4)),
    },
    prediction=CategoryProfile((10, 20), (9, 1)),
)
VALID = json.loads(PROFILE.to_json())
counts = st.integers(0, 1000)
edges = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=30, unique_by=float).map(sorted)
categories = st.one_of(
    *(
        st.lists(kind, max_size=MAX_CATEGORIES, unique=True)
        for kind in (st.text(max_size=200), st.integers(), st.booleans())
    )
)


@st.composite
def columns(draw: st.DrawFn) -> ColumnProfile:
    """A column's distribution of any kind."""
    if draw(st.booleans()):
        names = draw(categories)
        found = draw(st.lists(counts, min_size=len(names), max_size=len(names)))
        return CategoryProfile(tuple(names), tuple(found), draw(counts), draw(counts))
    bounds = draw(edges)
    found = draw(st.lists(counts, min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    kind: Literal["number", "datetime"] = draw(st.sampled_from(["number", "datetime"]))
    return NumberProfile(kind, tuple(bounds), tuple(found), draw(counts))


@given(columns().filter(lambda column: column.rows > 0), st.text())
def test_what_is_written_is_read(column: ColumnProfile, name: str) -> None:
    """Any profile is the same after it was written and read."""
    profile = FeatureProfile(column.rows, {name: column}, column)
    assert parse_profile(profile.to_json().encode()) == profile


def test_read_from_a_folder(tmp_path: Path) -> None:
    """The file beside the model is read."""
    (tmp_path / PROFILE_FILE).write_text(PROFILE.to_json(), encoding="utf-8")
    assert read_profile(tmp_path) == PROFILE


def test_without_the_file(tmp_path: Path) -> None:
    """Without the file the reason says that there is none."""
    with pytest.raises(ProfileError, match=r"^the version has no profile.json$"):
        read_profile(tmp_path)


def test_unreadable_file(tmp_path: Path) -> None:
    """What cannot be read is no profile."""
    (tmp_path / PROFILE_FILE).mkdir()
    with pytest.raises(ProfileError, match=r"^profile.json cannot be read: Is a directory$"):
        read_profile(tmp_path)


def test_too_large_file(tmp_path: Path) -> None:
    """A file of any size takes no more memory than the limit."""
    (tmp_path / PROFILE_FILE).write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(ProfileError, match=r"^profile.json is larger than 4 MiB$"):
        read_profile(tmp_path)


@pytest.mark.parametrize("text", [b"", b"\xff", b"{", b"[" * 100_000], ids=["empty", "no text", "cut", "deep"])
def test_not_json(text: bytes) -> None:
    """What is not JSON is refused with that reason."""
    with pytest.raises(ProfileError, match=r"^profile.json is not JSON$"):
        parse_profile(text)


@pytest.mark.parametrize("value", [[], 1, None, {}, {**VALID, "format": 2}, {"type": "object"}])
def test_another_format(value: Any) -> None:
    """A file of another program, or of a later format, is refused."""
    with pytest.raises(ProfileError, match=r"^profile.json is not of format 1$"):
        parse_profile(json.dumps(value).encode())


@pytest.mark.parametrize(
    "changes", [{"rows": 0}, {"rows": -1}, {"rows": True}, {"rows": "10"}, {"columns": []}, {"columns": None}]
)
def test_without_rows_or_columns(changes: dict[str, Any]) -> None:
    """The number of rows and the columns are required."""
    with pytest.raises(ProfileError, match=r"^profile.json has no rows or no columns$"):
        parse_profile(json.dumps(VALID | changes).encode())


NUMBER, CATEGORY = VALID["columns"]["área"], VALID["columns"]["colour"]
DAMAGED: list[Any] = [
    None,
    [],
    "text",
    {},
    NUMBER | {"type": "integer"},
    NUMBER | {"edges": [2.5, 1.5]},
    NUMBER | {"edges": [1.5, 1.5]},
    NUMBER | {"edges": [1.5, math.inf]},
    NUMBER | {"edges": [1.5, math.nan]},
    NUMBER | {"edges": [1.5, 10**400]},
    NUMBER | {"edges": [1.5]},
    NUMBER | {"edges": 1.5},
    NUMBER | {"edges": list(range(MAX_EDGES + 1)), "counts": [9, *[0] * (MAX_EDGES + 1)]},
    NUMBER | {"counts": [3, 3, 4]},
    NUMBER | {"counts": [4, 6, -1]},
    NUMBER | {"counts": [3, 3, 3.0]},
    NUMBER | {"counts": None},
    NUMBER | {"missing": True},
    {key: value for key, value in NUMBER.items() if key != "missing"},
    CATEGORY | {"categories": ["red", "red"]},
    CATEGORY | {"categories": ["red", 1]},
    CATEGORY | {"categories": [True, 1]},
    CATEGORY | {"categories": [["red"], ["blue"]]},
    CATEGORY | {"categories": [1.5, 2.5]},
    CATEGORY | {"categories": ["red"]},
    CATEGORY | {"categories": ["red", "b" * 201]},
    CATEGORY | {"categories": [str(n) for n in range(51)], "counts": [8, *[0] * 50]},
    CATEGORY | {"counts": [5, -3], "other": 8},
    CATEGORY | {"other": None},
    CATEGORY | {"other": 3},
]


@pytest.mark.parametrize("column", DAMAGED)
def test_damaged_column(column: Any) -> None:
    """A column that is not a distribution of all rows is refused, and named."""
    with pytest.raises(
        ProfileError, match=r"^profile.json is damaged: column 'área' is not a distribution of 10 rows$"
    ):
        parse_profile(json.dumps(VALID | {"columns": {"área": column}}).encode())


@pytest.mark.parametrize("prediction", DAMAGED[1:])
def test_damaged_prediction(prediction: Any) -> None:
    """The same for the predictions, which may be null."""
    with pytest.raises(ProfileError, match=r"^profile.json is damaged: the prediction is not a distribution"):
        parse_profile(json.dumps(VALID | {"prediction": prediction}).encode())


@pytest.mark.parametrize(("rows", "bins"), [(1, 2), (59, 2), (60, 3), (199, 9), (200, 10), (10**6, 10)])
def test_bins_for_a_number_of_rows(rows: int, bins: int) -> None:
    """A bin for each 20 training rows, at least two, and at most the limit."""
    assert most_bins(rows, 10) == bins
