"""Every way in which rows may reach a model, the quickest and likeliest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from src.service.column import Column
from src.service.encoding import Encoder, FrameEncoder, MatrixEncoder, SequenceEncoder
from src.service.fitted_columns import fitted_columns
from src.service.missing_values import marker_choices


def pyfunc_encoders(  # noqa: PLR0913 - what a signature says, one by one
    columns: Sequence[Column],
    estimator: Any,
    *,
    named: bool,
    tensor: bool,
    sequence: bool,
    array_dtype: Literal["", "str", "object"] = "",
) -> list[Encoder]:
    """What `mlflow.pyfunc` may be given for such columns; several where missing values can be marked in several ways.

    Args:
        columns: The columns in order.
        estimator: The fitted estimator, which may show what stands for a missing value.
        named: Whether the model knows its columns by name.
        tensor: Whether MLflow expects one array.
        sequence: Whether the model takes a sequence of texts.
        array_dtype: `str` or `object` where the array is of that dtype.
    """
    if sequence:
        return [
            SequenceEncoder("str")
        ]  # MLflow takes an array of objects for one of texts, but not the other way round
    if not tensor:
        return list(frame_encoders(columns, estimator, named=named))
    if array_dtype == "object":
        return list(object_encoders(columns))
    return [MatrixEncoder(columns, array_dtype or None)]


def object_encoders(columns: Sequence[Column]) -> list[Encoder]:
    """An array of objects, in which a missing value is None or NaN."""
    return [MatrixEncoder(columns, "object", missing) for missing in (None, math.nan)]


def frame_encoders(columns: Sequence[Column], estimator: Any, *, named: bool) -> list[Encoder]:
    """A DataFrame with each likely choice of what stands for a missing value."""
    fitted = [column.markers for column in fitted_columns(estimator, len(columns))]
    return [FrameEncoder(columns, named=named, markers=markers) for markers in marker_choices(columns, fitted)]
