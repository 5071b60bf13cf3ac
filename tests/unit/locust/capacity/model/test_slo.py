"""The required rate and its statistical error."""

from __future__ import annotations

import numpy as np
import pytest

from capacity.model.slo import Slo, offered_rate, rate_error
from load import think_time


def requests_in_windows(users: int, seconds: float, windows: int, seed: int) -> np.ndarray:
    """Number of requests in windows that begin long after the users started."""
    source = np.random.default_rng(seed)
    waits = source.uniform(think_time.MIN_SECONDS, think_time.MAX_SECONDS, (windows, users, int(seconds) + 22))
    sent = waits.cumsum(axis=2)
    return ((sent >= 20) & (sent < 20 + seconds)).sum(axis=(1, 2))  # type: ignore[no-any-return] # numpy: Any


@pytest.mark.parametrize(("users", "seconds"), [(100, 1.75), (100, 6.0), (500, 1.75), (50, 3.3)])
def test_rate_error_is_three_standard_deviations_of_simulated_users(users: int, seconds: float) -> None:
    """Their mean rate is the offered one."""
    counts = requests_in_windows(users, seconds, 600, seed=users)

    assert counts.mean() / seconds == pytest.approx(offered_rate(users), rel=0.01)
    assert counts.std() / seconds == pytest.approx(rate_error(users, seconds) / 3, rel=0.12)


def test_required_rate_allows_for_the_error_of_a_short_window() -> None:
    """Of 600 windows in which every request is answered none fails; without the allowance one in eight would."""
    rates = requests_in_windows(100, 1.75, 600, seed=7) / 1.75

    assert (rates >= Slo().required_rate(100, 1.75)).all()
    assert (rates < 0.95 * offered_rate(100)).mean() > 1 / 10


def test_allowance_is_small_for_many_users() -> None:
    """For 10,000 users in six seconds it is about half a percent, so that 94 % of the rate never holds."""
    assert Slo().required_rate(10_000, 6) > 0.944 * offered_rate(10_000)


def test_required_rate_is_never_negative() -> None:
    """One user may send no request in a tenth of a second."""
    assert Slo().required_rate(1, 0.1) == 0
