"""Scalers, which transform each row and column independently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import transform_class


def scaling(transformer: Any) -> Step | None:
    """The step of a fitted scaler, or None for any other transformer."""
    known = _KNOWN.get(transform_class(transformer))
    return None if known is None else known(transformer)


class _SubtractDivide:
    """Subtracts, then divides; either may be None."""

    def __init__(self, centre: Matrix | None, scale: Matrix | None, *, rounds: bool = False) -> None:
        self._centre = centre
        self._scale = scale
        self._rounds = rounds  # rounds centre and scale to the matrix's precision first

    def __call__(self, matrix: Matrix) -> Matrix:
        floats = _floats(matrix)
        if self._centre is not None:
            floats -= self._centre.astype(floats.dtype, copy=False) if self._rounds else self._centre
        if self._scale is not None:
            floats /= self._scale.astype(floats.dtype, copy=False) if self._rounds else self._scale
        return floats


class _MultiplyAdd:
    """Multiplies, then adds."""

    def __init__(self, scale: Matrix, offset: Matrix) -> None:
        self._scale = scale
        self._offset = offset

    def __call__(self, matrix: Matrix) -> Matrix:
        floats = _floats(matrix)
        floats *= self._scale
        floats += self._offset
        return floats


def _floats(matrix: Matrix) -> Matrix:
    """A copy as floats: in double precision unless the matrix is of floats already."""
    return matrix.astype(matrix.dtype if matrix.dtype.kind == "f" else np.float64)


def _standard(scaler: Any) -> Step:
    return _SubtractDivide(
        scaler.mean_ if scaler.with_mean else None, scaler.scale_ if scaler.with_std else None, rounds=True
    )


def _min_max(scaler: Any) -> Step | None:
    # With clipping an infinite value, which scikit-learn refuses, would not be noticed.
    return None if scaler.clip else _MultiplyAdd(scaler.scale_, scaler.min_)


def _max_abs(scaler: Any) -> Step | None:
    return None if getattr(scaler, "clip", False) else _SubtractDivide(None, scaler.scale_)


def _robust(scaler: Any) -> Step:
    return _SubtractDivide(
        scaler.center_ if scaler.with_centering else None,
        scaler.scale_ if scaler.with_scaling else None,
    )


_KNOWN: Final[dict[str, Callable[[Any], Step | None]]] = {
    "sklearn.preprocessing._data.StandardScaler": _standard,
    "sklearn.preprocessing._data.MinMaxScaler": _min_max,
    "sklearn.preprocessing._data.MaxAbsScaler": _max_abs,
    "sklearn.preprocessing._data.RobustScaler": _robust,
}
