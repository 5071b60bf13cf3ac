"""The encoders that may be right for a model, the fastest and most likely first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from src.service.prediction.encoders import Encoder, FrameEncoder, MatrixEncoder, SequenceEncoder
from src.service.schema.column import Column
from src.service.schema.missing_values import Marker, marker_choices
from src.service.schema.signature import Signature


def pyfunc_encoders(signature: Signature, markers: Sequence[Sequence[Marker]]) -> list[Encoder]:
    """The inputs that `mlflow.pyfunc` may get; several where missing values can be marked in several ways.

    Args:
        signature: The input's columns, and whether MLflow expects an array.
        markers: For each column, the markers of missing values that the estimator was fitted with.
    """
    columns = signature.columns
    if signature.sequence:
        # MLflow accepts an array of objects where it expects one of texts, but not the reverse.
        return [SequenceEncoder("str")]
    if not signature.tensor:
        return frame_encoders(columns, markers, named=signature.named)
    if signature.array_dtype == "object":
        return object_encoders(columns)
    return [MatrixEncoder(columns, signature.array_dtype or None)]


def object_encoders(columns: Sequence[Column]) -> list[Encoder]:
    """An array of objects in which a missing value is None, and one in which it is NaN."""
    return [MatrixEncoder(columns, "object", missing) for missing in (None, math.nan)]


def frame_encoders(columns: Sequence[Column], markers: Sequence[Sequence[Marker]], *, named: bool) -> list[Encoder]:
    """A DataFrame with each likely choice of markers for missing values."""
    return [FrameEncoder(columns, named=named, markers=choice) for choice in marker_choices(columns, markers)]
