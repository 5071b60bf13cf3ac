"""The values that a search tries."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.grid import cpu_grid, memory_grid


def test_grids_begin_where_they_are_said_to() -> None:
    """Readable values, a tenth apart."""
    assert cpu_grid(0.09) == (0.05, 0.055, 0.06, 0.066, 0.072, 0.079, 0.086, 0.09)
    assert memory_grid(50) == (32, 35, 38, 41, 45, 49, 50)


@given(st.integers(50, 16_000))
def test_no_cpu_is_more_than_a_tenth_above_the_last(most: int) -> None:
    """From the least to exactly the most, in thousandths of a core."""
    grid = cpu_grid(most / 1000)

    assert (grid[0], grid[-1]) == (0.05, most / 1000)
    assert all(a < b <= a * 1.1 + 1e-9 for a, b in pairwise(grid))
    assert all(round(value, 3) == value for value in grid)


@given(st.integers(32, 65_536))
def test_no_memory_is_more_than_a_tenth_above_the_last(most: int) -> None:
    """From the least to exactly the most, in whole MiB."""
    grid = memory_grid(most)

    assert (grid[0], grid[-1]) == (32, most)
    assert all(a < b <= a * 1.1 for a, b in pairwise(grid))


@pytest.mark.parametrize(("least", "most"), [(0.05, 0.04), (0.009, 1), (-1, 1)])
def test_a_range_without_values_is_refused(least: float, most: float) -> None:
    """Also one that begins too low for steps of a tenth."""
    with pytest.raises(ValueError, match="a search from"):
        cpu_grid(most, least)
