"""A classifier of columns of every type, one of them optional."""

from typing import Any, Final

import pandas as pd
from mlflow.models import infer_signature
from registration import register
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

ROW: Final[dict[str, Any]] = {"colour": "red", "size": 1.5, "flag": True, "n": 0, "when": "2024-01-01T00:00:00"}
"""A row that it accepts; `size` may be missing."""

_ROWS: Final = 12


def register_classifier(server: str, name: str) -> None:
    """Fit and register it.

    Args:
        server: MLflow's base URL.
        name: Registered model.
    """
    data = pd.DataFrame(
        {
            "colour": ["red", "blue", "green"] * (_ROWS // 3),
            "size": [1.5, None, 2.5, 4.0] * (_ROWS // 4),
            "flag": [True, False] * (_ROWS // 2),
            "n": range(_ROWS),
            "when": pd.to_datetime(["2024-01-01", "2024-02-01T10:00:00"] * (_ROWS // 2), format="ISO8601"),
        }
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "when"]),
        (SimpleImputer(), ["size"]),
        ("passthrough", ["flag", "n"]),
    )
    model = make_pipeline(columns, LogisticRegression()).fit(data, ["low", "middle", "high"] * (_ROWS // 3))
    register(server, name, model, signature=infer_signature(data, model.predict(data)), input_example=data[:2])
