"""Where it begins to hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason, Verdict
from capacity.search.bisection import Edge, decided, galloping, guessed, lowest_holding

FAILS = Fails(Criterion.P99, 1, 500, 300, 250)
INVALID = Invalid(Reason.MACHINE_STOLEN)
Search = Callable[[int, int, Callable[[int], Verdict]], Edge]


@pytest.mark.parametrize("search", [lowest_holding, galloping])
@given(data=st.data(), most=st.integers(0, 60))
def test_the_planted_edge_is_found_with_few_asks(search: Search, data: st.DataObject, most: int) -> None:
    """What is below it failed when it was asked, and nothing is asked twice."""
    planted = data.draw(st.integers(0, most))
    asked: list[int] = []

    def ask(index: int) -> Verdict:
        asked.append(index)
        return Holds() if index >= planted else FAILS

    edge = search(0, most, ask)

    assert edge == Edge(planted, FAILS if planted else None)
    assert len(set(asked)) == len(asked) <= 2 * most.bit_length()
    assert planted == 0 or planted - 1 in asked


def test_a_near_edge_takes_one_ask() -> None:
    """The reason for strides that begin small."""
    asked: list[int] = []

    def ask(index: int) -> Verdict:
        asked.append(index)
        return FAILS

    assert galloping(0, 30, ask) == Edge(30, FAILS)
    assert asked == [29]


@given(data=st.data(), most=st.integers(0, 60), guess=st.integers(-5, 70))
def test_an_edge_is_found_from_any_guess(data: st.DataObject, most: int, guess: int) -> None:
    """With at most four asks where it is one beside the guess."""
    planted = data.draw(st.integers(0, most))
    asked: list[int] = []

    def ask(index: int) -> Verdict:
        asked.append(index)
        return Holds() if index >= planted else FAILS

    edge = guessed(0, most, guess, ask)

    assert edge == Edge(planted, FAILS if planted else None)
    assert len(set(asked)) == len(asked)
    assert planted == 0 or planted - 1 in asked
    assert abs(planted - guess) > 1 or len(asked) <= 4


def test_what_could_not_be_decided_bounds_the_search_and_is_told() -> None:
    """The edge is above it, and what is below is not called a failure."""
    assert lowest_holding(0, 8, lambda index: INVALID if index == 4 else FAILS if index < 4 else Holds()) == Edge(
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
def test_what_says_nothing_is_asked_at_most_twice_more(answers: list[Verdict], verdict: Verdict) -> None:
    """And no more than needed."""
    left = iter(answers)

    assert decided(lambda: next(left)) == verdict
    assert list(left) == []
