"""Converting what estimators return to plain values."""

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from src.service.prediction.outputs import agree, is_finite, is_json, unpack_answers

RETURNED: list[tuple[Any, list[Any]]] = [
    (np.array([1.5, 2.5]), [1.5, 2.5]),
    (np.array([1.5, 2.5], dtype="float32"), [1.5, 2.5]),
    (np.array([1, 2]), [1, 2]),
    (np.array([True, False]), [True, False]),
    (np.array(["no", "sí"]), ["no", "sí"]),
    (np.array(["no", 1], dtype="object"), ["no", 1]),
    (np.array([np.float64(1.5), np.int64(2)], dtype="object"), [1.5, 2]),
    (np.array([[1.5, 2.5], [3.5, 4.5]]), [[1.5, 2.5], [3.5, 4.5]]),
    (np.array([["a", "b"], ["c", "d"]], dtype="object"), [["a", "b"], ["c", "d"]]),
    (np.array([[[1], [2]], [[3], [4]]]), [[[1], [2]], [[3], [4]]]),
    ([1.5, 2.5], [1.5, 2.5]),
    (["no", "yes"], ["no", "yes"]),
    (pd.Series([1.5, 2.5], index=[7, 8]), [1.5, 2.5]),
    (pd.DataFrame({"a": [1, 2], "b": [3, 4]}), [[1, 3], [2, 4]]),
    (scipy.sparse.csr_matrix([[0, 1], [1, 0]]), [[0, 1], [1, 0]]),
    (
        [np.array([[0.1, 0.9], [0.2, 0.8]]), np.array([[0.3, 0.7], [0.4, 0.6]])],
        [[[0.1, 0.9], [0.3, 0.7]], [[0.2, 0.8], [0.4, 0.6]]],
    ),
    (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]"), ["2024-01-01", "2024-01-02"]),
    (np.array([date(2024, 1, 1), None], dtype="object"), ["2024-01-01", None]),
    (np.array([datetime(2024, 1, 1, 2), "x"], dtype="object"), ["2024-01-01T02:00:00", "x"]),  # noqa: DTZ001 - naive
]


@pytest.mark.parametrize(("raw", "expected"), RETURNED)
def test_one_plain_answer_a_row(raw: Any, expected: list[Any]) -> None:
    """Each return type becomes one plain value per row that JSON can represent."""
    found = unpack_answers(raw, 2)
    assert found == expected
    assert to_json(found) == to_json(expected)


@pytest.mark.parametrize(
    "raw", [np.array([1.0]), np.array([1.0, 2.0, 3.0]), np.float64(1.0), [], "ab", None, [[1], [2, 3]]]
)
def test_not_one_answer_a_row(raw: Any) -> None:
    """Fewer or more answers than rows raise an error."""
    with pytest.raises(ValueError, match=r"the model returned|inhomogeneous"):
        unpack_answers(raw, 2)


FINITE: list[tuple[Any, bool]] = [
    (1.5, True),
    (1, True),
    (True, True),
    ("NaN", True),
    (None, True),
    ([1.5, ["a", 2]], True),
    (math.nan, False),
    (math.inf, False),
    (-math.inf, False),
    ([1.5, math.nan], False),
    ([[1.5], [math.inf]], False),
]


@pytest.mark.parametrize(("answer", "finite"), FINITE)
def test_is_finite(answer: Any, finite: bool) -> None:  # noqa: FBT001 - a table of cases
    """NaN and infinities, at any depth, are not finite."""
    assert is_finite(answer) is finite
    assert is_json(answer) is finite


JSON: list[tuple[Any, bool]] = [
    ((1.5, "a"), True),
    ((1.5, math.nan), False),
    ({"a": 1.5}, True),
    ({"a": math.nan}, False),
    ({1: 1.5}, False),
    (1 + 2j, False),
    (b"a", False),
    ({1, 2}, False),
    (Decimal("1.5"), False),
    (timedelta(1), False),
]


@pytest.mark.parametrize(("answer", "held"), JSON)
def test_is_json(answer: Any, held: bool) -> None:  # noqa: FBT001 - a table of cases
    """Values without a JSON type, at any depth, are recognized."""
    assert is_json(answer) is held


AGREE: list[tuple[Any, Any, bool]] = [
    (1.0, 1.0 + 1e-12, True),
    (1e12, 1e12 + 1, True),
    (0.0, 1e-12, True),
    (1, 1.0, True),
    (1.0, 1.001, False),
    (1.0, -1.0, False),
    (1.0, math.nan, False),
    (True, True, True),
    (True, 1, False),
    (0, False, False),
    ("a", "a", True),
    ("a", "b", False),
    ("1", 1, False),
    (None, None, True),
    (None, 0.0, False),
    ([1.0, "a"], [1.0, "a"], True),
    ([1.0], [1.0, 2.0], False),
    ([1.0], 1.0, False),
    ([[1.0, 2.0]], [[1.0, 2.1]], False),
]


@pytest.mark.parametrize(("left", "right", "same"), AGREE)
def test_agree(left: Any, right: Any, same: bool) -> None:  # noqa: FBT001 - a table of cases
    """Numbers agree up to rounding, everything else exactly and in type; order does not matter."""
    assert agree(left, right) is same
    assert agree(right, left) is same


def test_agree_without_tolerance() -> None:
    """Without tolerance numbers are compared exactly."""
    assert not agree(1.0, math.nextafter(1.0, 2.0), 0.0)
    assert agree(0.1 + 0.2, 0.1 + 0.2, 0.0)


@given(
    st.recursive(st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.booleans(), st.lists, max_leaves=9)
)
def test_every_answer_agrees_with_itself(answer: Any) -> None:
    """Every answer agrees with itself."""
    assert agree(answer, answer, 0.0)
