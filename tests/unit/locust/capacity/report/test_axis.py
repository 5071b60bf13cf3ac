"""Axes have round marks and contain all values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.report.axis import Axis


@pytest.mark.parametrize(
    ("values", "marks"),
    [([10_000], [0, 2000, 4000, 6000, 8000, 10_000]), ([7], [0, 2, 4, 6, 8]), ([], [0, 0.2, 0.4, 0.6, 0.8, 1])],
)
def test_marks_are_round(values: list[float], marks: list[float]) -> None:
    """The steps are 1, 2 or 5 times a power of ten."""
    assert Axis.from_zero(values, 0, 100).marks() == pytest.approx(marks)


def test_a_logarithmic_axis_has_marks_at_powers_of_ten() -> None:
    """From below the smallest value to above the largest."""
    assert Axis.logarithmic_over([12, 640], 0, 100).marks() == [10, 100, 1000]


@given(
    st.lists(st.floats(min_value=1e-9, max_value=1e200), min_size=1),
    st.sampled_from(["from_zero", "around", "logarithmic_over"]),
)
def test_all_values_are_on_the_axis(values: list[float], scale: str) -> None:
    """There are few marks, values are between the ends and in their order."""
    axis = getattr(Axis, scale)(values, 0, 100)
    positions = [axis.position(value) for value in sorted(values)]

    assert axis.low < axis.high
    assert 1 <= len(axis.marks()) <= 12
    assert positions == sorted(positions)
    assert all(0 <= position <= 100 for position in positions)


def test_values_that_are_not_finite_are_ignored() -> None:
    """Without other values an axis still has a range."""
    assert Axis.from_zero([math.inf, math.nan], 0, 1) == Axis.from_zero([], 0, 1)
    assert Axis.logarithmic_over([0, math.inf], 0, 1) == Axis.logarithmic_over([], 0, 1)
