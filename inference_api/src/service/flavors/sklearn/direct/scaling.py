"""Transformers of numbers that treat every row and column by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import transform_class


def scaling(transformer: Any) -> Step | None:
    """What a fitted transformer does to a matrix, or None when it is not one of the known ones."""
    known = _KNOWN.get(transform_class(transformer))
    return None if known is None else known(transformer)


class _Shift:
    """Subtract, then divide; either may be absent."""

    def __init__(self, centre: Matrix | None, scale: Matrix | None, *, rounds: bool = False) -> None:
        self._centre = centre
        self._scale = scale
        self._rounds = rounds  # to the matrix's precision before it is used, not after

    def __call__(self, matrix: Matrix) -> Matrix:
        floats = _floats(matrix)
        if self._centre is not None:
            floats -= self._centre.astype(floats.dtype, copy=False) if self._rounds else self._centre
        if self._scale is not None:
            floats /= self._scale.astype(floats.dtype, copy=False) if self._rounds else self._scale
        return floats


class _Stretch:
    """Multiply, then add."""

    def __init__(self, scale: Matrix, least: Matrix) -> None:
        self._scale = scale
        self._least = least

    def __call__(self, matrix: Matrix) -> Matrix:
        floats = _floats(matrix)
        floats *= self._scale
        floats += self._least
        return floats


def _floats(matrix: Matrix) -> Matrix:
    """A copy, in single precision only when the matrix is."""
    return matrix.astype(matrix.dtype if matrix.dtype.kind == "f" else np.float64)


def _standard(scaler: Any) -> Step:
    return _Shift(scaler.mean_ if scaler.with_mean else None, scaler.scale_ if scaler.with_std else None, rounds=True)


def _min_max(scaler: Any) -> Step | None:
    # Clipping would hide a value that is not finite, which scikit-learn refuses.
    return None if scaler.clip else _Stretch(scaler.scale_, scaler.min_)


def _max_abs(scaler: Any) -> Step | None:
    return None if getattr(scaler, "clip", False) else _Shift(None, scaler.scale_)


def _robust(scaler: Any) -> Step:
    return _Shift(
        scaler.center_ if scaler.with_centering else None,
        scaler.scale_ if scaler.with_scaling else None,
    )


_KNOWN: Final[dict[str, Callable[[Any], Step | None]]] = {
    "sklearn.preprocessing._data.StandardScaler": _standard,
    "sklearn.preprocessing._data.MinMaxScaler": _min_max,
    "sklearn.preprocessing._data.MaxAbsScaler": _max_abs,
    "sklearn.preprocessing._data.RobustScaler": _robust,
}
