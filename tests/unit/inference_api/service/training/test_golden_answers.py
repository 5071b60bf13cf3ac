"""The record that a trainer leaves for servers."""

import json
from typing import Any

import numpy as np
import pandas as pd

from src.service.training.golden_answers import drawn_rows, verification

FEATURES = pd.DataFrame(
    {
        "n": [1, 2, 3, 4],
        "x": [0.5, np.nan, 1.5, 2.5],
        "colour": pd.Series(["red", None, "blue", "red"], dtype="str"),
        "flag": [True, False, True, False],
        "maybe": pd.Series([True, None, False, None], dtype=object),
    }
)


class SizeModel:
    """Answers the column n, but never for 2, and each time something else for 3."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.asked: list[pd.DataFrame] = []

    def predict(self, data: pd.DataFrame) -> Any:
        """One answer a row."""
        self.asked.append(data)
        values = data["n"].astype(float).to_numpy()
        return np.where(values == 2, np.inf, np.where(values == 3, len(self.asked), values))


def record(model: Any, example: pd.DataFrame) -> Any:
    """The record as a server reads it."""
    return json.loads(verification(model, example, FEATURES))


def test_rows_are_json_as_a_client_sends_it() -> None:
    """Numbers, texts and booleans stay what they are; whatever is missing is null."""
    found = record(SizeModel(), FEATURES.iloc[[0, 3]])
    assert (found["format"], found["examples"]) == (1, 2)
    assert found["checks"][0] == {
        "row": {"n": 1, "x": 0.5, "colour": "red", "flag": True, "maybe": True},
        "answer": 1.0,
    }
    assert found["checks"][1]["row"] == {"n": 4, "x": 2.5, "colour": "red", "flag": False, "maybe": None}
    rows = [check["row"] for check in found["checks"]]
    assert {type(row["n"]) for row in rows} == {int}
    assert {type(row["colour"]) for row in rows} == {str, type(None)}
    assert {type(row["maybe"]) for row in rows} == {bool, type(None)}


def test_each_row_is_asked_alone() -> None:
    """The answers are those for a row by itself: no row of a batch helps another."""
    model = SizeModel()
    record(model, FEATURES.iloc[[0]])
    assert {len(data) for data in model.asked} == {1}


def test_answers_that_cannot_be_compared_are_left_out() -> None:
    """An infinite answer, and one that is not the same twice, are no checks; a record without its examples says so."""
    found = record(SizeModel(), FEATURES)
    assert {check["row"]["n"] for check in found["checks"]} == {1, 4}
    assert found["examples"] == 0


def test_several_outputs() -> None:
    """A model of several outputs has a list of answers for a row."""

    class Pair:
        def predict(self, data: pd.DataFrame) -> Any:
            return np.column_stack([data["n"], data["n"] * 2])

    assert record(Pair(), FEATURES.iloc[[0]])["checks"][0]["answer"] == [1, 2]


def test_drawn_rows() -> None:
    """Thirty combinations of values that the columns have, with their dtypes, the same at every call."""
    drawn = drawn_rows(FEATURES)
    assert len(drawn) == 30
    assert list(drawn.dtypes) == list(FEATURES.dtypes)
    assert len(drawn.drop_duplicates()) > len(FEATURES)
    assert drawn["x"].isna().any()
    pd.testing.assert_frame_equal(drawn, drawn_rows(FEATURES))
