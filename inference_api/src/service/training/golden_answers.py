"""What `mlflow.pyfunc` answers for some rows, left beside the model's files: a server is proven without MLflow.

`verification.json` is part of what the version's digest is taken of:

    {"format": 1, "examples": 4, "checks": [{"row": {"feature1": 5.3, ...}, "answer": 123.4}, ...]}

`checks` holds JSON objects as a client would send them, each with the answer for it alone; the first `examples` of them
are the rows of the model's input example, in order.
"""

import json
import math
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

FILE: Final = "verification.json"
FORMAT: Final = 1
DRAWN_ROWS: Final = 30
_SEED: Final = 5


class Predictor(Protocol):
    """A model as `mlflow.pyfunc` loads it."""

    def predict(self, data: pd.DataFrame) -> Any:
        """One answer a row."""
        ...


def verification(model: Predictor, example: pd.DataFrame, features: pd.DataFrame) -> str:
    """Ask the model about its input example, and about rows drawn from its data.

    Args:
        model: As MLflow loads it.
        example: The rows of the input example.
        features: Data that the model was fitted on, with the same columns.

    Returns:
        The content of `verification.json`. It has no examples if one of them has no answer that can be compared.
    """
    examples = _checks(model, example)
    drawn = _checks(model, drawn_rows(features))
    return json.dumps(
        {
            "format": FORMAT,
            "examples": len(examples) if len(examples) == len(example) else 0,
            "checks": examples + drawn,
        },
        allow_nan=False,
    )


def drawn_rows(features: pd.DataFrame, count: int = DRAWN_ROWS) -> pd.DataFrame:
    """Combine values that the columns have, each drawn by itself, gaps among them; the same at every call."""
    draw = np.random.default_rng(_SEED)
    places = draw.integers(0, len(features), (features.shape[1], count))
    columns = [
        column.iloc[chosen].reset_index(drop=True) for (_, column), chosen in zip(features.items(), places, strict=True)
    ]
    table: pd.DataFrame = pd.concat(columns, axis=1)
    return table


def _checks(model: Predictor, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One check for each row that has an answer which is always the same and which JSON can hold."""
    found = []
    for place in range(len(rows)):
        row = rows.iloc[[place]]
        # MLflow takes a missing boolean as None, not as NaN.
        gaps = {name: [None] for name in row if row[name].dtype == object and row[name].isna().all()}
        row = row.assign(**{str(name): pd.Series(gap, row.index, dtype=object) for name, gap in gaps.items()})
        try:
            first, second = _answer(model, row), _answer(model, row)
        except Exception:  # noqa: BLE001, S112 - a drawn row may be outside of what the model accepts: no check then
            continue
        if first == second and _is_finite(first):
            found.append({"row": {str(name): _plain(row[name].iloc[0]) for name in row}, "answer": first})
    return found


def _answer(model: Predictor, row: pd.DataFrame) -> Any:
    return np.asarray(model.predict(row)).tolist()[0]


def _is_finite(answer: Any) -> bool:
    if isinstance(answer, list):
        return all(_is_finite(part) for part in answer)
    return not isinstance(answer, float) or math.isfinite(answer)


def _plain(value: Any) -> Any:
    """A cell as JSON holds it."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
