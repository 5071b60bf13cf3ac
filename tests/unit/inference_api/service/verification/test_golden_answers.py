"""The golden answers beside a model's files."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from src.service.schema.column import Column
from src.service.training.golden_answers import FORMAT as TRAINER_FORMAT
from src.service.training.golden_answers import GOLDEN_ANSWERS_FILE, golden_answers
from src.service.verification.golden_answers import FILE, FORMAT, MAX_BYTES, MAX_CHECKS, read_golden_answers

COLUMNS = (Column("x", "number", "float64"), Column("colour", "string", "str", required=False))
GOOD: dict[str, Any] = {
    "format": 1,
    "examples": 2,
    "checks": [
        {"row": {"x": 1.0, "colour": "red"}, "answer": 2.5},
        {"row": {"x": 2.0, "colour": None}, "answer": 5},
        {"row": {"x": 3}, "answer": [1.0, "a"]},
    ],
}


class TripledFirstColumn:
    """Predicts three times the first column."""

    def predict(self, data: pd.DataFrame) -> Any:
        """One prediction per row."""
        return (data["x"] * 3).to_numpy()


def test_file_of_the_trainer(tmp_path: Path) -> None:
    """The file that the trainer writes is read: the two programs agree on its name and its format."""
    features = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "colour": ["red", None, "blue", "red"]})
    content = golden_answers(TripledFirstColumn(), features[:3], features)
    (tmp_path / GOLDEN_ANSWERS_FILE).write_text(content)
    golden = read_golden_answers(tmp_path, COLUMNS)
    assert (GOLDEN_ANSWERS_FILE, TRAINER_FORMAT) == (FILE, FORMAT)
    assert golden is not None
    assert golden.examples == [{"x": 1.0, "colour": "red"}, {"x": 2.0, "colour": None}, {"x": 3.0, "colour": "blue"}]
    assert all(check.answer == check.row["x"] * 3 for check in golden.checks)


def write(folder: Path, content: str) -> None:
    """Write the golden answers beside a model."""
    (folder / FILE).write_text(content)


def test_golden_answers(tmp_path: Path) -> None:
    """Rows and answers are read, and the first rows are those of the input example."""
    write(tmp_path, json.dumps(GOOD))
    golden = read_golden_answers(tmp_path, COLUMNS)
    assert golden is not None
    assert [check.answer for check in golden.checks] == [2.5, 5, [1.0, "a"]]
    assert golden.examples == [{"x": 1.0, "colour": "red"}, {"x": 2.0, "colour": None}]


def test_number_of_examples_is_limited(tmp_path: Path) -> None:
    """At most as many example rows are taken as from an input example without golden answers."""
    check = {"row": {"x": 1.0}, "answer": 1}
    write(tmp_path, json.dumps({"format": 1, "examples": 9, "checks": [check] * 9}))
    golden = read_golden_answers(tmp_path, COLUMNS)
    assert golden is not None
    assert (len(golden.checks), len(golden.examples)) == (9, 5)


def changed(**values: Any) -> str:
    """Golden answers with other values."""
    return json.dumps({**GOOD, **values})


def check(row: Any, answer: Any) -> list[dict[str, Any]]:
    """Checks of one row."""
    return [{"row": row, "answer": answer}]


UNUSABLE = {
    "empty": "",
    "no JSON": "{",
    "no object": "[]",
    "another format": changed(format=2),
    "no format": json.dumps({"examples": 1, "checks": GOOD["checks"]}),
    "no example": changed(examples=0),
    "more examples than checks": changed(examples=4),
    "examples that are no number": changed(examples="2"),
    "no check": changed(checks=[]),
    "checks that are none": changed(checks=[1]),
    "rows that are none": changed(examples=1, checks=check(5, 1)),
    "no answer": changed(examples=1, checks=[{"row": {"x": 1.0}}]),
    "a row of another signature": changed(examples=1, checks=check({"y": 1.0}, 1)),
    "a value of another type": changed(examples=1, checks=check({"x": "one"}, 1)),
    "an answer that JSON cannot hold": changed(examples=1, checks=check({"x": 1.0}, float("nan"))),
    "too many checks": changed(checks=GOOD["checks"] * MAX_CHECKS),
    "too large": json.dumps(GOOD) + " " * MAX_BYTES,
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_golden_answers(content: str, tmp_path: Path) -> None:
    """Golden answers that are incomplete, or of another model, are ignored: MLflow verifies the version."""
    write(tmp_path, content)
    assert read_golden_answers(tmp_path, COLUMNS) is None


def test_no_golden_answers(tmp_path: Path) -> None:
    """A model without the file has none."""
    assert read_golden_answers(tmp_path, COLUMNS) is None
