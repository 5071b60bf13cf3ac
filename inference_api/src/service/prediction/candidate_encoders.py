"""Every way in which rows may reach a model, the quickest and likeliest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from src.service.flavors.sklearn.fitted_columns import fitted_columns
from src.service.prediction.encoders import Encoder, FrameEncoder, MatrixEncoder, SequenceEncoder
from src.service.schema.column import Column
from src.service.schema.missing_values import marker_choices
from src.service.schema.signature import Signature


def pyfunc_encoders(signature: Signature, estimator: Any) -> list[Encoder]:
    """What `mlflow.pyfunc` may be given for a signature; several where missing values can be marked in several ways.

    Args:
        signature: The input's columns, and whether MLflow expects an array.
        estimator: The fitted estimator, which may show what stands for a missing value.
    """
    columns = signature.columns
    if signature.sequence:
        # MLflow takes an array of objects for one of texts, but not the other way round.
        return [SequenceEncoder("str")]
    if not signature.tensor:
        return frame_encoders(columns, estimator, named=signature.named)
    if signature.array_dtype == "object":
        return object_encoders(columns)
    return [MatrixEncoder(columns, signature.array_dtype or None)]


def object_encoders(columns: Sequence[Column]) -> list[Encoder]:
    """An array of objects, in which a missing value is None or NaN."""
    return [MatrixEncoder(columns, "object", missing) for missing in (None, math.nan)]


def frame_encoders(columns: Sequence[Column], estimator: Any, *, named: bool) -> list[Encoder]:
    """A DataFrame with each likely choice of what stands for a missing value."""
    fitted = [column.markers for column in fitted_columns(estimator, len(columns))]
    return [FrameEncoder(columns, named=named, markers=markers) for markers in marker_choices(columns, fitted)]
