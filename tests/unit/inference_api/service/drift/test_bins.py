"""Counting values in the bins of a profile: the same counts and the same index as pandas and scipy find."""

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent_psi import independent_psi
from profiled_rows import columns_of, rows_of

from src.service.drift.bins import MIN_ROWS_PER_BIN, BinCounter
from src.service.feature_profile import CategoryProfile, NumberProfile, parse_profile
from src.service.training.profile import feature_profile

ROWS = 1200


def table(seed: int, rows: int = ROWS, shift: float = 0.0) -> pd.DataFrame:
    """Columns of every type, with ties and missing values; `shift` moves or reweighs each of them."""
    draw = np.random.default_rng(seed)
    numbers = draw.normal(shift, 1, rows)
    numbers[draw.random(rows) < 0.1 + shift / 10] = np.nan
    days = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 400 + int(100 * shift), rows), "D"))
    flags = pd.Series(draw.random(rows) < 0.3 + shift / 4, dtype=object)
    colours = pd.Series(draw.choice(["red", "blue"], rows, p=[0.7 - shift / 5, 0.3 + shift / 5]))
    many = [f"c{int(number)}" for number in draw.exponential(12 + 10 * shift, rows)]
    return pd.DataFrame(
        {
            "number": numbers,
            "count": draw.poisson(1 + shift, rows),
            "often zero": np.where(draw.random(rows) < 0.6 - shift / 10, 0.0, draw.exponential(1 + shift, rows)),
            "constant": np.full(rows, 3.0 + shift),
            "day": days.mask(draw.random(rows) < 0.05),
            "flag": draw.random(rows) < 0.5 + shift / 4,
            "maybe": flags.mask(draw.random(rows) < 0.1, None),
            "colour": colours.mask(draw.random(rows) < 0.1),
            "many": many,
            "name": [f"person {number}" for number in range(rows)],
        }
    )


TRAINING = table(0)
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
    COLUMNS = columns_of(TRAINING)
PROFILE = parse_profile(feature_profile(TRAINING, np.zeros(ROWS)).to_json().encode())


def counter() -> BinCounter:
    """The bins of the training table."""
    return BinCounter([PROFILE.columns[column.name] for column in COLUMNS], PROFILE.rows)


def found_indices(live: pd.DataFrame, portions: int = 1) -> dict[str, float | None]:
    """The index of each column of a table that arrives as JSON rows."""
    bins, rows = counter(), rows_of(live, COLUMNS)
    counts = sum(
        (bins.count(list(zip(*rows[first::portions], strict=True))) for first in range(portions)),
        start=np.zeros(bins.size, dtype=np.int64),
    )
    return dict(zip(map(str, live), bins.indices(counts), strict=True))


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("portions", [1, 7])
def test_index_equals_an_independent_one(shift: float, portions: int) -> None:
    """On the same rows, pandas and scipy find the same index for a column of each type."""
    live = table(1, 4000, shift)
    stored = json.loads(PROFILE.to_json())
    expected = {str(name): independent_psi(stored["columns"][name], stored["rows"], live[name]) for name in live}
    assert found_indices(live, portions) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_unshifted_rows_stay_below_a_tenth_and_shifted_ones_pass_a_quarter() -> None:
    """New rows of the same kind have an index under 0.1, and shifted ones over 0.25, in every column but the names."""
    same, shifted = found_indices(table(2, 4000)), found_indices(table(2, 4000, shift=2.0))
    del same["name"], shifted["name"]
    assert max(index for index in same.values() if index is not None) < 0.1
    assert min(index for index in shifted.values() if index is not None) > 0.25
    assert None not in {*same.values(), *shifted.values()}


def test_training_rows_have_no_drift() -> None:
    """The training rows themselves have an index of exactly 0 in every column."""
    assert set(found_indices(pd.concat([TRAINING] * 3)).values()) == {0.0}


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-9, 9).map(float)), min_size=1), st.integers(1, 100))
def test_number_belongs_to_the_bin_after_the_smaller_edges(values: list[float | None], seed: int) -> None:
    """The bin of a number is the number of edges that are smaller; NaN and None are missing."""
    edges = sorted({float(edge) for edge in np.random.default_rng(seed).integers(-9, 9, 5)})
    bins = BinCounter([NumberProfile("number", tuple(edges), (1,) * (len(edges) + 1))], 10)
    expected = [0] * (len(edges) + 2)
    for value in values:
        missing = value is None or value != value  # noqa: PLR0124 - NaN
        expected[-1 if missing else sum(edge < (value or 0.0) for edge in edges)] += 1
    assert bins.count([values]).tolist() == expected


def test_unknown_category_is_one_of_the_others() -> None:
    """A text that the profile does not name is counted with the others, and null as missing."""
    bins = BinCounter([CategoryProfile(("red", "blue"), (50, 40), other=6, missing=4)], 100)
    assert bins.count([["red", "green", None, "blue", "", "red"]]).tolist() == [2, 1, 2, 1]


def test_rare_categories_of_few_rows_are_counted_together() -> None:
    """With 60 training rows three categories have bins of their own, and the fourth one is one of the others."""
    bins = BinCounter([CategoryProfile(("a", "b", "c", "d"), (20, 15, 15, 10))], 60)
    assert bins.count([["a", "b", "c", "d", "e"]]).tolist() == [1, 1, 1, 2, 0]
    assert bins.minimum_rows == [4 * MIN_ROWS_PER_BIN]


@pytest.mark.parametrize(("rows", "known"), [(499, False), (500, True)])
def test_index_needs_rows(rows: int, known: bool) -> None:  # noqa: FBT001
    """A column of ten bins has an index from 500 rows on."""
    column: Any = NumberProfile("number", tuple(range(9)), (10,) * 10)
    bins = BinCounter([column], 100)
    (index,) = bins.indices(bins.count([[1.0] * rows]))
    assert (index is not None) is known


def test_no_rows_at_all() -> None:
    """Before the first row there is no index, and no warning of a division by zero."""
    bins = counter()
    assert set(bins.indices(np.zeros(bins.size, dtype=np.int64))) == {None}
