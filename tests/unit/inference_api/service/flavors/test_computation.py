"""The steps of a direct computation."""

import numpy as np

from src.service.flavors.computation import Computation, Matrix


def first(matrix: Matrix) -> Matrix:
    """The first column."""
    return matrix[:, 0].copy()


def twice(matrix: Matrix) -> Matrix:
    """All doubled."""
    return matrix * 2


def test_order() -> None:
    """Transformers come first, in their order, and labels last."""
    computation = Computation(first, lambda raw: np.array(["small", "big"])[(raw > 5).astype(int)], (twice, twice))
    found, unknown = computation(np.array([[1.0], [2.0]]))
    assert (found.tolist(), list(unknown)) == (["small", "big"], [])


def test_unknown_rows() -> None:
    """Rows with a raw prediction that is not finite are unknown, also for several columns."""
    raw = np.array([[1.0, 2.0], [np.nan, 1.0], [1.0, -np.inf], [3.0, 4.0]])
    found, unknown = Computation(np.copy)(raw)
    assert (len(found), list(unknown)) == (4, [1, 2])
    labels, unknown = Computation(np.copy, lambda numbers: numbers.argmax(axis=1))(raw)
    assert (len(labels), list(unknown)) == (4, [1, 2])


def test_answers_that_are_not_finite() -> None:
    """A finite raw prediction whose answer is not finite is unknown."""
    with np.errstate(over="ignore"):
        found, unknown = Computation(first, np.exp)(np.array([[0.0], [1e4], [np.nan]]))
    assert found[0] == 1.0
    assert list(unknown) == [1, 2]


def test_many_rows() -> None:
    """From the threshold on the way for many rows computes; without such a way there is no threshold."""
    computation = Computation(first, raw_of_many=lambda matrix: first(matrix) + 100, many=2)
    assert computation(np.array([[1.0]]))[0].tolist() == [1.0]
    assert computation(np.array([[1.0], [2.0]]))[0].tolist() == [101.0, 102.0]
    assert Computation(first, many=0)(np.array([[1.0]]))[0].tolist() == [1.0]
