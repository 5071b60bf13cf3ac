"""A table as the service gets it: the columns of its signature, and rows of plain values."""

from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature

from src.service.schema.column import Column
from src.service.schema.signature import logged_signature
from src.service.schema.validator import Row, Schema


def columns_of(data: Any, signature: ModelSignature | None = None) -> tuple[Column, ...]:
    """The columns of a DataFrame or an array.

    Args:
        data: The training rows.
        signature: That of the model; inferred from the rows without one.
    """
    inputs = (signature or infer_signature(data)).to_dict()["inputs"]
    found = logged_signature({"signature": {"inputs": inputs}})
    assert found is not None
    return found.columns


def rows_of(data: Any, columns: tuple[Column, ...]) -> list[Row]:
    """The rows of a DataFrame or an array, as they come out of JSON."""
    table = data if isinstance(data, pd.DataFrame) else pd.DataFrame(np.asarray(data))
    names = [column.name for column in columns]
    records = [
        dict(zip(names, map(_json, values), strict=True)) for values in table.astype(object).itertuples(index=False)
    ]
    return Schema(columns, {}).rows_of(records)


def _json(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
