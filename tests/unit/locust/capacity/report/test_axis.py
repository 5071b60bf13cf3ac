"""Axes begin and end at round values and hold everything."""

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
    """Steps of 1, 2, 2.5 or 5."""
    assert Axis.over(values, 0, 100).marks() == pytest.approx(marks)


def test_a_logarithmic_axis_is_marked_at_powers_of_ten() -> None:
    """From below the smallest to above the largest."""
    assert Axis.logarithm([12, 640], 0, 100).marks() == [10, 100, 1000]


@given(
    st.lists(st.floats(min_value=1e-9, max_value=1e200), min_size=1), st.sampled_from(["over", "between", "logarithm"])
)
def test_everything_lies_on_the_axis(values: list[float], scale: str) -> None:
    """Few marks, values between the ends, larger ones farther."""
    axis = getattr(Axis, scale)(values, 0, 100)
    places = [axis.place(value) for value in sorted(values)]

    assert axis.low < axis.high
    assert 1 <= len(axis.marks()) <= 12
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


def test_what_is_not_finite_moves_nothing() -> None:
    """An axis over nothing else still has a length."""
    assert Axis.over([math.inf, math.nan], 0, 1) == Axis.over([], 0, 1)
    assert Axis.logarithm([0, math.inf], 0, 1) == Axis.logarithm([], 0, 1)
