"""The reference regression is as documented."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from src.service.training.reference_data import (
    EXAMPLE,
    FEATURE_RANGES,
    NOISE_STD,
    ROWS,
    TRUE_COEFFICIENTS,
    TRUE_INTERCEPT,
    reference,
    true_value,
)


def test_the_documented_request_has_the_documented_value() -> None:
    """The row of README has the true value 123.456."""
    assert dict(EXAMPLE) == {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
    assert true_value(EXAMPLE) == pytest.approx(123.456, abs=1e-12)


def test_the_data_are_always_the_same() -> None:
    """Every machine generates the same table to the last bit; otherwise the held-out rows would differ."""
    first, second = reference(), reference()
    pd.testing.assert_frame_equal(first.features, second.features)
    assert first.sha256 == second.sha256 == "9106937fa62fb652b8ca58a6a3c5ab2837c0285c2cb9d1cbaf6f50f4cb56a0f6"
    assert len(first.target) == ROWS


def test_the_features_stay_in_their_ranges() -> None:
    """Each feature fills its documented range."""
    features = reference().features
    assert tuple(features) == tuple(FEATURE_RANGES)
    for name, (low, high) in FEATURE_RANGES.items():
        assert low <= features[name].min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < features[name].max() <= high


def test_the_noise_has_the_documented_size() -> None:
    """The target minus the true function has mean 0 and the documented standard deviation."""
    data = reference()
    noise = data.target - [
        true_value({"feature1": a, "feature2": b, "feature3": c}) for a, b, c in data.features.to_numpy()
    ]
    assert abs(noise.mean()) < 4 * NOISE_STD / np.sqrt(ROWS)
    assert noise.std() == pytest.approx(NOISE_STD, rel=0.1)


def test_a_regression_finds_the_true_function() -> None:
    """Least squares on the data gives the true coefficients, within five standard errors."""
    data = reference()
    model = LinearRegression().fit(data.features, data.target)
    for found, (name, true) in zip(model.coef_, TRUE_COEFFICIENTS.items(), strict=True):
        assert abs(found - true) < 5 * NOISE_STD / (data.features[name].std() * np.sqrt(ROWS))
    assert model.intercept_ == pytest.approx(TRUE_INTERCEPT, abs=0.5)
