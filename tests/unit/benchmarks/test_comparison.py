"""Repeats put together."""

import pytest

from benchmarks.comparison import Comparison, Spread
from tests.unit.benchmarks.examples import rates

LOAD = ("linear", "single", 64)


def test_the_spread_is_of_the_outermost() -> None:
    """Relative to the median, which one bad round does not move."""
    found = Spread.over([90.0, 100.0, 130.0])

    assert (found.lowest, found.middle, found.highest) == (90, 100, 130)
    assert found.relative == pytest.approx(0.4)


def test_ratios_are_of_neighbours() -> None:
    """The machine got twice as slow in the second round: the figures halve, the ratio stays."""
    comparison = Comparison([*rates("lane", 1000, 500, 900), *rates("mlflow", 10, 5, 10)])

    ratio = comparison.ratio("lane", "mlflow", *LOAD)
    assert ratio == Spread(100, 90, 100)


def test_a_round_that_one_of_them_missed_makes_no_ratio() -> None:
    """It died after the first round."""
    comparison = Comparison([*rates("lane", 1000, 4000), *rates("mlflow", 10)])

    assert comparison.ratio("lane", "mlflow", *LOAD) == Spread(100, 100, 100)
    assert comparison.ratio("lane", "bentoml", *LOAD) is None


def test_the_noise_is_over_everything_that_was_repeated() -> None:
    """One measurement has no spread, and is not taken for a quiet one."""
    comparison = Comparison([*rates("lane", 100, 110), *rates("mlflow", 10, 12), *rates("bentoml", 5)])

    noise = comparison.noise()
    assert noise is not None
    assert noise.highest == pytest.approx(2 / 11)
    assert noise.lowest == pytest.approx(10 / 105)
    assert Comparison(rates("lane", 100)).noise() is None


def test_loads_keep_their_order() -> None:
    """As they were measured."""
    assert Comparison(rates("lane", 1, 2)).loads("linear") == [("single", 64)]
    assert Comparison(rates("lane", 1, 2)).loads("forest") == []
