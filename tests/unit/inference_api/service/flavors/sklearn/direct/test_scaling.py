"""Direct computation of scalers, equal to scikit-learn to the last bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.scaling import scaling
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import DATA, matrices

KNOWN = [
    scaler.fit(DATA)
    for scaler in (
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler((-1, 3)),
        MaxAbsScaler(),
        RobustScaler(),
        RobustScaler(with_centering=False),
        RobustScaler(with_scaling=False),
    )
]


class Shifted(StandardScaler):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `transform`."""

    def transform(self, X: Any, copy: bool | None = None) -> Any:  # noqa: FBT001, N803 - scikit-learn's signature
        """The result plus one."""
        return super().transform(X, copy) + 1


@given(st.sampled_from(KNOWN), matrices, st.sampled_from(["float64", "float32", "int64"]))
def test_equal_numbers(scaler: Any, matrix: Matrix, dtype: str) -> None:
    """Each computes what the transformer does, in the same precision, without changing its input."""
    given_ = matrix.astype(dtype)
    before = given_.copy()
    step = scaling(scaler)
    assert step is not None
    found, wanted = step(given_), scaler.transform(given_)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(given_, before)


def test_missing_values_stay() -> None:
    """A missing number stays missing."""
    for scaler in KNOWN:
        step = scaling(scaler)
        assert step is not None
        assert np.isnan(step(np.array([[1.0, np.nan, 2.0]]))).tolist() == [[False, True, False]]


@pytest.mark.parametrize(
    "transformer",
    [
        MinMaxScaler(clip=True).fit(DATA),
        MaxAbsScaler(clip=True).fit(DATA),
        StandardScaler().set_output(transform="pandas").fit(DATA),
        Shifted().fit(DATA),
        Normalizer().fit(DATA),
        "passthrough",
    ],
)
def test_others_are_not_known(transformer: Any) -> None:
    """A scaler that clips, one that returns a DataFrame, and other transformers have no computation."""
    assert scaling(transformer) is None
