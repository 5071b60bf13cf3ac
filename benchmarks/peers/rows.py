"""The estimator's input: an array of numbers, or a DataFrame when a column has texts."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_description = json.loads(Path(os.environ["MODEL_DESCRIPTION"]).read_text(encoding="utf-8"))
COLUMNS: list[str] = _description["columns"]
_numbers = not any(isinstance(value, str) for value in _description["rows"][0])


def table(rows: list[list[Any]]) -> Any:
    """Convert rows of JSON values to the argument of `predict`."""
    return np.array(rows, dtype=np.float64) if _numbers else pd.DataFrame(rows, columns=COLUMNS)
