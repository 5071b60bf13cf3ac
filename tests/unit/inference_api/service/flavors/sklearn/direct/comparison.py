"""Data for fitted models, and the comparison of a computation with the estimator's own method."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import strategies as st

from src.service.flavors.computation import Computation, Matrix

_SOURCE = np.random.default_rng(3)
DATA = _SOURCE.normal(5, 3, (120, 3))
TARGET = DATA @ [1.0, -2.0, 3.0] + np.sin(DATA[:, 0])
TARGETS = np.column_stack([TARGET, DATA[:, 1]])
TWO = np.where(TARGET.mean() < TARGET, "yes", "no")
THREE = np.array([10, 20, 30])[np.digitize(TARGET, np.quantile(TARGET, [0.3, 0.6]))]


@dataclass(frozen=True, eq=False)
class Case:
    """A method of an estimator that is fitted at its first use: every test process imports it, and few use it.

    Attributes:
        estimator: The estimator, which has not been fitted.
        target: What it is fitted to.
        method: The method that is computed.
        data: What it is fitted with.
    """

    estimator: Any
    target: Any
    method: str = "predict"
    data: Matrix = field(default_factory=lambda: DATA)

    @cached_property
    def fitted(self) -> tuple[Any, str]:
        """The fitted estimator and the method."""
        return self.estimator.fit(self.data, self.target), self.method


matrices: st.SearchStrategy[Matrix] = st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=1, max_size=40).map(
    np.array
)
"""Batches of one to forty rows."""

_NOT_FINITE = st.sampled_from([np.nan, np.inf, -np.inf])
spoilt: st.SearchStrategy[Matrix] = st.lists(
    st.tuples(*[st.floats(-10, 10)] * 2, st.floats(-10, 10) | _NOT_FINITE), min_size=1, max_size=12
).map(np.array)
"""Batches with rows that scikit-learn may refuse."""


def ways(computation: Computation | None) -> tuple[Computation, Computation]:
    """The computation for few rows, and the one for many, each for any number of them."""
    assert computation is not None
    return replace(computation, raw_of_many=None), replace(computation, many=0)


def assert_equal(computation: Computation | None, estimator: Any, method: str, matrix: Matrix) -> None:
    """Every row has the estimator's prediction, of the same shape and dtype."""
    assert computation is not None
    found, unknown = computation(matrix)
    wanted = getattr(estimator, method)(matrix)
    assert list(unknown) == []
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=0)
    else:
        assert found.tolist() == wanted.tolist()


def assert_refused_rows_unknown(computation: Computation | None, estimator: Any, method: str, matrix: Matrix) -> None:
    """Rows that the estimator refuses are unknown; the others have the same predictions as alone."""
    assert computation is not None
    before = matrix.copy()
    found, unknown = computation(matrix)
    assert len(found) == len(matrix)
    np.testing.assert_array_equal(matrix, before)
    for place in range(len(matrix)):
        try:
            wanted = getattr(estimator, method)(matrix[place : place + 1])[0]
        except ValueError:
            assert place in unknown
        else:
            assert place not in unknown or not np.isfinite(matrix[place]).all()
            if place not in unknown:
                assert np.array_equal(found[place], wanted) or np.allclose(found[place], wanted, rtol=1e-9, atol=1e-9)
