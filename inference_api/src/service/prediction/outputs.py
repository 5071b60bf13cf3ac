"""Converts what an estimator returned to plain values, one answer per row."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np

Answer = Any
"""A number, string, boolean or null, or a list of these for several outputs."""


def unpack_answers(raw: Any, count: int) -> list[Answer]:
    """Convert the return value of `predict`.

    Args:
        raw: An array, sparse matrix, DataFrame or Series of n rows, or a list of arrays, one per output.
        count: Number of rows that were predicted.

    Returns:
        One answer per row: a plain value, or a list for several outputs.

    Raises:
        ValueError: When the number of answers is not the number of rows.
    """
    if isinstance(raw, list) and raw and isinstance(raw[0], np.ndarray):
        per_output = [unpack_answers(output, count) for output in raw]
        return [list(row) for row in zip(*per_output, strict=True)]
    if hasattr(raw, "toarray"):
        raw = raw.toarray()
    array = np.asarray(raw)
    if array.ndim == 0 or array.shape[0] != count:
        raise ValueError(f"the model returned {array.shape} for {count} rows")
    if array.dtype.kind in "MO":
        return [_plain(value) for value in array.tolist()] if array.dtype.kind == "O" else array.astype(str).tolist()
    values: list[Answer] = array.tolist()
    return values


def is_finite(answer: Answer) -> bool:
    """Whether the answer has no NaN and no infinity, which JSON cannot represent."""
    if isinstance(answer, float):
        return math.isfinite(answer)
    if isinstance(answer, list):
        return all(is_finite(part) for part in answer)
    return True


def is_json(answer: Answer) -> bool:
    """Whether JSON can represent the answer: it is finite, without complex numbers, bytes and the like."""
    if isinstance(answer, list | tuple):
        return all(is_json(part) for part in answer)
    if isinstance(answer, dict):
        return all(isinstance(name, str) and is_json(part) for name, part in answer.items())
    return answer is None or (isinstance(answer, str | int | float) and is_finite(answer))


def agree(left: Answer, right: Answer, tolerance: float = 1e-9) -> bool:
    """Whether two answers are equal, numbers up to a relative and absolute tolerance."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(agree(*pair, tolerance) for pair in zip(left, right, strict=True))
    if _is_number(left) and _is_number(right):
        return math.isclose(left, right, rel_tol=tolerance, abs_tol=tolerance)
    return type(left) is type(right) and bool(left == right)


def _is_number(value: Answer) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
