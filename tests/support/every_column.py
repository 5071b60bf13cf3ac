"""A classifier of columns of every type, one of them optional."""

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd
from mlflow.models import infer_signature
from registration import register
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

LABELS: Final = ["high", "low", 'the "middle"']
"""Its classes, in its own order."""

DATATYPES: Final = {"colour": "BYTES", "size": "FP64", "flag": "BOOL", "n": "INT64", "when": "BYTES"}
"""Its columns, of which `size` may be missing, and their datatypes in the Open Inference Protocol."""

_ROWS: Final = 12


def row_of(number: int) -> dict[str, Any]:
    """The row of a number."""
    return {
        "colour": ("red", "blue", "green")[number % 3],
        "size": number / 8,
        "flag": number % 2 == 0,
        "n": number,
        "when": ("2024-01-01T00:00:00", "2024-02-01T10:00:00")[number % 2],
    }


def frame_of(numbers: Iterable[int]) -> pd.DataFrame:
    """The rows of numbers, as the model gets them."""
    frame = pd.DataFrame(map(row_of, numbers))
    return frame.assign(when=pd.to_datetime(frame["when"], format="ISO8601"))


def register_classifier(server: str, name: str) -> Any:
    """Fit and register it.

    Args:
        server: MLflow's base URL.
        name: Registered model.

    Returns:
        The estimator.
    """
    data = frame_of(range(_ROWS))
    data.loc[1, "size"] = None
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "when"]),
        (SimpleImputer(), ["size"]),
        ("passthrough", ["flag", "n"]),
    )
    model = make_pipeline(columns, LogisticRegression()).fit(data, LABELS * (_ROWS // len(LABELS)))
    register(server, name, model, signature=infer_signature(data, model.predict(data)), input_example=data[2:4])
    return model
