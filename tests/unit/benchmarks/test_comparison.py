"""Statistics of repeated measurements."""

import pytest

from benchmarks.comparison import Comparison, Spread
from tests.unit.benchmarks.examples import rates

LOAD = ("linear", "single", 64)


def test_spread_is_from_minimum_to_maximum() -> None:
    """The relative spread is a part of the median, which one bad round does not change."""
    found = Spread.over([90.0, 100.0, 130.0])

    assert (found.minimum, found.median, found.maximum) == (90, 100, 130)
    assert found.relative == pytest.approx(0.4)


def test_ratios_are_within_a_round() -> None:
    """When the machine is twice as slow in the second round, the rates halve and the ratio is the same."""
    comparison = Comparison([*rates("lane", 1000, 500, 900), *rates("mlflow", 10, 5, 10)])

    ratio = comparison.ratio("lane", "mlflow", *LOAD)
    assert ratio == Spread(100, 90, 100)


def test_round_without_both_servers_has_no_ratio() -> None:
    """A server that failed after the first round has the ratio of that round only."""
    comparison = Comparison([*rates("lane", 1000, 4000), *rates("mlflow", 10)])

    assert comparison.ratio("lane", "mlflow", *LOAD) == Spread(100, 100, 100)
    assert comparison.ratio("lane", "bentoml", *LOAD) is None


def test_noise_is_that_of_repeated_measurements() -> None:
    """A single measurement has no spread and does not count as one without noise."""
    comparison = Comparison([*rates("lane", 100, 110), *rates("mlflow", 10, 12), *rates("bentoml", 5)])

    noise = comparison.noise()
    assert noise is not None
    assert noise.maximum == pytest.approx(2 / 11)
    assert noise.minimum == pytest.approx(10 / 105)
    assert Comparison(rates("lane", 100)).noise() is None


def test_loads_keep_their_order() -> None:
    """The loads of a model have the order of the measurements."""
    assert Comparison(rates("lane", 1, 2)).loads("linear") == [("single", 64)]
    assert Comparison(rates("lane", 1, 2)).loads("forest") == []
