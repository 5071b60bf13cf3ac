"""The window of the last rows, limited by their number and by their age."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.service.drift.sliding_counts import PARTS, SlidingCounts, WindowSize

MOST, SECONDS = 1000, 60.0
arrivals = st.lists(st.tuples(st.floats(0, 20), st.integers(1, MOST // PARTS)), max_size=100)


def counts_of(window: SlidingCounts) -> list[int]:
    """The counts as a list."""
    found: list[int] = window.counts.tolist()
    return found


@given(arrivals)
def test_window_holds_the_latest_rows(plan: list[tuple[float, int]]) -> None:
    """The window is the end of what came.

    It has at most its number of rows, none that is too old, and of rows that are young enough all but a tenth.
    """
    window, now, ages = SlidingCounts(1, WindowSize(MOST, SECONDS)), 0.0, []
    for pause, rows in plan:
        now += pause
        ages += [now] * rows
        window.add(now, np.array([rows]), rows)
        assert counts_of(window) == [window.rows]
        assert window.rows <= MOST
        assert window.start in ages[-window.rows :]
        assert min(ages[-window.rows :]) >= now - SECONDS
        young = sum(age > now - SECONDS * (1 - 1 / PARTS) for age in ages)
        assert window.rows >= min(young, MOST * (1 - 1 / PARTS))


@given(arrivals)
def test_counts_are_those_of_the_rows_in_the_window(plan: list[tuple[float, int]]) -> None:
    """What leaves the window takes its own counts along, bin by bin."""
    window, now, bins = SlidingCounts(len(plan), WindowSize(MOST, SECONDS)), 0.0, np.eye(len(plan), dtype=np.int64)
    for place, (pause, rows) in enumerate(plan):
        now += pause
        window.add(now, bins[place] * rows, rows)
    expected = [rows for _pause, rows in plan]
    found = counts_of(window)
    first = next((place for place, count in enumerate(found) if count), len(plan))
    assert found == [*[0] * first, *expected[first:]]


def test_window_empties_with_time() -> None:
    """Without new rows the window is empty when its time is over."""
    window = SlidingCounts(1, WindowSize(MOST, SECONDS))
    window.add(5.0, np.array([7]), 7)
    window.forget(5.0 + SECONDS)
    assert (window.rows, window.start) == (7, 5.0)
    window.forget(5.1 + SECONDS)
    assert (window.rows, window.start, counts_of(window)) == (0, None, [0])


@pytest.mark.parametrize("pause", [0.0, 0.01, 1.0])
def test_number_of_parts_is_bounded(pause: float) -> None:
    """However many rows come, and whenever, the window keeps a few dozen arrays."""
    window = SlidingCounts(1, WindowSize(MOST, SECONDS))
    for place in range(3000):
        window.add(place * pause, np.array([60]), 60)
        assert len(window._parts) <= 3 * PARTS + 3
