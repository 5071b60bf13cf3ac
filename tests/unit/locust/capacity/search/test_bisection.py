"""The searches for the boundary between values that fail and values that hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.criteria import Criterion
from capacity.model.verdict import Fails, Holds, Invalid, Reason, Verdict
from capacity.search.bisection import Edge, binary_search, gallop_down, gallop_from, retry_invalid

FAILS = Fails(Criterion.P99, 1, 500, 300, 250)
INVALID = Invalid(Reason.MACHINE_STOLEN)
Search = Callable[[int, int, Callable[[int], Verdict]], Edge]


@pytest.mark.parametrize("search", [binary_search, gallop_down])
@given(data=st.data(), most=st.integers(0, 60))
def test_boundary_is_found_with_few_trials(search: Search, data: st.DataObject, most: int) -> None:
    """The index below was tested, and none is tested twice."""
    boundary = data.draw(st.integers(0, most))
    tested: list[int] = []

    def verdict_of(index: int) -> Verdict:
        tested.append(index)
        return Holds() if index >= boundary else FAILS

    edge = search(0, most, verdict_of)

    assert edge == Edge(boundary, FAILS if boundary else None)
    assert len(set(tested)) == len(tested) <= 2 * most.bit_length()
    assert boundary == 0 or boundary - 1 in tested


def test_near_boundary_takes_one_trial() -> None:
    """The first stride is one."""
    tested: list[int] = []

    def verdict_of(index: int) -> Verdict:
        tested.append(index)
        return FAILS

    assert gallop_down(0, 30, verdict_of) == Edge(30, FAILS)
    assert tested == [29]


@given(data=st.data(), most=st.integers(0, 60), guess=st.integers(-5, 70))
def test_boundary_is_found_from_any_guess(data: st.DataObject, most: int, guess: int) -> None:
    """With at most four trials when it is at most one index from the guess."""
    boundary = data.draw(st.integers(0, most))
    tested: list[int] = []

    def verdict_of(index: int) -> Verdict:
        tested.append(index)
        return Holds() if index >= boundary else FAILS

    edge = gallop_from(guess, 0, most, verdict_of)

    assert edge == Edge(boundary, FAILS if boundary else None)
    assert len(set(tested)) == len(tested)
    assert boundary == 0 or boundary - 1 in tested
    assert abs(boundary - guess) > 1 or len(tested) <= 4


def test_invalid_verdict_limits_the_search() -> None:
    """The boundary is above it, and the verdict below stays invalid."""
    assert binary_search(0, 8, lambda index: INVALID if index == 4 else FAILS if index < 4 else Holds()) == Edge(
        5, INVALID
    )


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([Holds()], Holds()),
        ([FAILS], FAILS),
        ([INVALID, FAILS], FAILS),
        ([INVALID, INVALID, Holds()], Holds()),
        ([INVALID, INVALID, INVALID], INVALID),
    ],
)
def test_invalid_trial_is_repeated_at_most_twice(answers: list[Verdict], verdict: Verdict) -> None:
    """And no more than needed."""
    left = iter(answers)

    assert retry_invalid(lambda: next(left)) == verdict
    assert list(left) == []
