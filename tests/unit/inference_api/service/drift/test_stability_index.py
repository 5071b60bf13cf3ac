"""The population stability index of shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from src.service.drift.stability_index import SMALLEST_SHARE, stability_terms


@st.composite
def shares(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    """Two lists of shares of the same bins."""
    bins = draw(st.integers(1, 20))
    both = st.lists(st.integers(0, 1000), min_size=bins, max_size=bins).filter(any)
    return tuple([count / sum(counts) for count in counts] for counts in (draw(both), draw(both)))  # type: ignore[return-value]


@given(shares())
def test_index_is_the_sum_of_both_relative_entropies(pair: tuple[list[float], list[float]]) -> None:
    """The index is what scipy's relative entropies, one in each direction, add up to; it is never negative."""
    expected, actual = (np.array(found) for found in pair)
    known, seen = np.maximum(expected, SMALLEST_SHARE), np.maximum(actual, SMALLEST_SHARE)
    terms = stability_terms(expected, actual)
    assert terms.sum() == pytest.approx(rel_entr(known, seen).sum() + rel_entr(seen, known).sum(), abs=1e-12)
    assert (terms >= 0).all()


@given(shares())
def test_equal_shares_have_no_drift(pair: tuple[list[float], list[float]]) -> None:
    """For equal shares the index is exactly 0, and it is the same in both directions."""
    expected, actual = (np.array(found) for found in pair)
    assert stability_terms(expected, expected).sum() == 0
    assert stability_terms(expected, actual).sum() == pytest.approx(stability_terms(actual, expected).sum())


def test_known_figure() -> None:
    """A quarter of the rows moves from one of two equal bins to the other: 0.25 ln 3."""
    assert stability_terms(np.array([0.5, 0.5]), np.array([0.75, 0.25])).sum() == pytest.approx(0.25 * np.log(3))
