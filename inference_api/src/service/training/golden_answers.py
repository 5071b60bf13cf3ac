"""`verification.json`: the golden answers, what `mlflow.pyfunc` answers for some rows, beside the model's files.

With them a server verifies the model without MLflow. The digest of the version includes the file:

    {"format": 1, "examples": 4, "checks": [{"row": {"feature1": 5.3, ...}, "answer": 123.4}, ...]}

Each check is a row as a client would send it, with the answer to it alone. The first `examples` checks are the rows of
the model's input example, in order.
"""

import json
import math
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

GOLDEN_ANSWERS_FILE: Final = "verification.json"
FORMAT: Final = 1
SAMPLED_ROWS: Final = 30
_SEED: Final = 5


class Predictor(Protocol):
    """A model as `mlflow.pyfunc` loads it."""

    def predict(self, data: pd.DataFrame) -> Any:
        """One answer per row."""
        ...


def golden_answers(model: Predictor, example: pd.DataFrame, features: pd.DataFrame) -> str:
    """Get the model's answers to its input example and to rows sampled from its data.

    Args:
        model: As MLflow loads it.
        example: The rows of the input example.
        features: The training data, with the same columns.

    Returns:
        The content of `verification.json`. `examples` is 0 if a row of the example has no answer that can be compared.
    """
    examples = _checks(model, example)
    sampled = _checks(model, sampled_rows(features))
    return json.dumps(
        {
            "format": FORMAT,
            "examples": len(examples) if len(examples) == len(example) else 0,
            "checks": examples + sampled,
        },
        allow_nan=False,
    )


def sampled_rows(features: pd.DataFrame, count: int = SAMPLED_ROWS) -> pd.DataFrame:
    """Sample each column independently, missing values included; the result is the same at every call."""
    generator = np.random.default_rng(_SEED)
    indices = generator.integers(0, len(features), (features.shape[1], count))
    columns = [
        column.iloc[chosen].reset_index(drop=True)
        for (_, column), chosen in zip(features.items(), indices, strict=True)
    ]
    table: pd.DataFrame = pd.concat(columns, axis=1)
    return table


def _checks(model: Predictor, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One check for each row whose answer is the same twice and representable in JSON."""
    checks = []
    for index in range(len(rows)):
        row = rows.iloc[[index]]
        # MLflow accepts a missing boolean as None, not as NaN.
        missing = {name: [None] for name in row if row[name].dtype == object and row[name].isna().all()}
        row = row.assign(**{str(name): pd.Series(value, row.index, dtype=object) for name, value in missing.items()})
        try:
            first, second = _answer(model, row), _answer(model, row)
        except Exception:  # noqa: BLE001, S112 - the model may not accept a sampled row: no check then
            continue
        if first == second and _is_finite(first):
            checks.append({"row": {str(name): _json_value(row[name].iloc[0]) for name in row}, "answer": first})
    return checks


def _answer(model: Predictor, row: pd.DataFrame) -> Any:
    return np.asarray(model.predict(row)).tolist()[0]


def _is_finite(answer: Any) -> bool:
    if isinstance(answer, list):
        return all(_is_finite(part) for part in answer)
    return not isinstance(answer, float) or math.isfinite(answer)


def _json_value(value: Any) -> Any:
    """A cell as a value of JSON."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
