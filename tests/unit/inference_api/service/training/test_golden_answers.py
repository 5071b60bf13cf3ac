"""The golden answers that a trainer writes for servers."""

import json
from typing import Any

import numpy as np
import pandas as pd

from src.service.training.golden_answers import golden_answers, sampled_rows

FEATURES = pd.DataFrame(
    {
        "n": [1, 2, 3, 4],
        "x": [0.5, np.nan, 1.5, 2.5],
        "colour": pd.Series(["red", None, "blue", "red"], dtype="str"),
        "flag": [True, False, True, False],
        "maybe": pd.Series([True, None, False, None], dtype=object),
    }
)


class UnstableModel:
    """Predicts the column n; for 2 infinity, and for 3 another number at each call."""

    def __init__(self) -> None:
        """Start without calls."""
        self.calls: list[pd.DataFrame] = []

    def predict(self, data: pd.DataFrame) -> Any:
        """One answer per row."""
        self.calls.append(data)
        values = data["n"].astype(float).to_numpy()
        return np.where(values == 2, np.inf, np.where(values == 3, len(self.calls), values))


def written_answers(model: Any, example: pd.DataFrame) -> Any:
    """The content of the file as a server reads it."""
    return json.loads(golden_answers(model, example, FEATURES))


def test_rows_are_json_as_a_client_sends_it() -> None:
    """Numbers, texts and booleans keep their types; missing values are null."""
    content = written_answers(UnstableModel(), FEATURES.iloc[[0, 3]])
    assert (content["format"], content["examples"]) == (1, 2)
    assert content["checks"][0] == {
        "row": {"n": 1, "x": 0.5, "colour": "red", "flag": True, "maybe": True},
        "answer": 1.0,
    }
    assert content["checks"][1]["row"] == {"n": 4, "x": 2.5, "colour": "red", "flag": False, "maybe": None}
    rows = [check["row"] for check in content["checks"]]
    assert {type(row["n"]) for row in rows} == {int}
    assert {type(row["colour"]) for row in rows} == {str, type(None)}
    assert {type(row["maybe"]) for row in rows} == {bool, type(None)}


def test_each_row_is_predicted_alone() -> None:
    """The model gets one row per call, so that no answer depends on other rows of a batch."""
    model = UnstableModel()
    written_answers(model, FEATURES.iloc[[0]])
    assert {len(data) for data in model.calls} == {1}


def test_answers_that_cannot_be_compared_are_left_out() -> None:
    """An infinite answer, and one that is not the same twice, are no checks; `examples` is then 0."""
    content = written_answers(UnstableModel(), FEATURES)
    assert {check["row"]["n"] for check in content["checks"]} == {1, 4}
    assert content["examples"] == 0


def test_several_outputs() -> None:
    """A model with several outputs has a list as the answer to a row."""

    class Pair:
        def predict(self, data: pd.DataFrame) -> Any:
            return np.column_stack([data["n"], data["n"] * 2])

    assert written_answers(Pair(), FEATURES.iloc[[0]])["checks"][0]["answer"] == [1, 2]


def test_sampled_rows() -> None:
    """Thirty combinations of values of the columns, with their dtypes, the same at every call."""
    sample = sampled_rows(FEATURES)
    assert len(sample) == 30
    assert list(sample.dtypes) == list(FEATURES.dtypes)
    assert len(sample.drop_duplicates()) > len(FEATURES)
    assert sample["x"].isna().any()
    pd.testing.assert_frame_equal(sample, sampled_rows(FEATURES))
