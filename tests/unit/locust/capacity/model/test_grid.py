"""The limits that a search tries."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.grid import cpu_grid, memory_grid


def test_grid_has_the_range_in_steps_of_a_tenth() -> None:
    """Both ends are included."""
    assert cpu_grid(0.09, 0.05) == (0.05, 0.055, 0.06, 0.066, 0.072, 0.079, 0.086, 0.09)
    assert memory_grid(50, 32) == (32, 35, 38, 41, 45, 49, 50)


@given(st.integers(50, 16_000))
def test_cpu_steps_are_at_most_a_tenth(most: int) -> None:
    """From the least to exactly the most, in thousandths of a core."""
    grid = cpu_grid(most / 1000, 0.05)

    assert (grid[0], grid[-1]) == (0.05, most / 1000)
    assert all(a < b <= a * 1.1 + 1e-9 for a, b in pairwise(grid))
    assert all(round(value, 3) == value for value in grid)


@given(st.integers(32, 65_536))
def test_memory_steps_are_at_most_a_tenth(most: int) -> None:
    """From the least to exactly the most, in whole MiB."""
    grid = memory_grid(most, 32)

    assert (grid[0], grid[-1]) == (32, most)
    assert all(a < b <= a * 1.1 for a, b in pairwise(grid))


@given(st.integers(50, 16_000))
def test_range_that_was_not_given_goes_down_to_the_kernels_minimum(most: int) -> None:
    """The usual values stay, and the smaller ones are at most a tenth apart as well."""
    grid = cpu_grid(most / 1000)

    assert grid[0] == 0.01
    assert tuple(value for value in grid if value >= 0.05) == cpu_grid(most / 1000, 0.05)
    assert all(a < b <= a * 1.1 + 1e-9 for a, b in pairwise(grid))
    assert memory_grid(512)[0] == 10
    assert set(memory_grid(512)) > set(memory_grid(512, 32))


@pytest.mark.parametrize(("least", "most"), [(0.05, 0.04), (0.009, 1), (-1, 1)])
def test_empty_range_is_an_error(least: float, most: float) -> None:
    """So is one that starts below the smallest unit."""
    with pytest.raises(ValueError, match="the range from"):
        cpu_grid(most, least)
