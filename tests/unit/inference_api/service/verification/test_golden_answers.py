"""The trainer's record of what `mlflow.pyfunc` answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from src.service.schema.column import Column
from src.service.verification.golden_answers import FILE, MAX_BYTES, MAX_CHECKS, read_golden_answers

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


def write(folder: Path, content: str) -> None:
    """Leave a record beside a model."""
    (folder / FILE).write_text(content)


def test_record(tmp_path: Path) -> None:
    """Rows and answers are read, and the first rows are those of the input example."""
    write(tmp_path, json.dumps(GOOD))
    record = read_golden_answers(tmp_path, COLUMNS)
    assert record is not None
    assert [check.answer for check in record.checks] == [2.5, 5, [1.0, "a"]]
    assert record.examples == [{"x": 1.0, "colour": "red"}, {"x": 2.0, "colour": None}]


def test_examples_as_many_as_are_shown(tmp_path: Path) -> None:
    """An input example of many rows counts as far as the service would read it by itself."""
    check = {"row": {"x": 1.0}, "answer": 1}
    write(tmp_path, json.dumps({"format": 1, "examples": 9, "checks": [check] * 9}))
    record = read_golden_answers(tmp_path, COLUMNS)
    assert record is not None
    assert (len(record.checks), len(record.examples)) == (9, 5)


def changed(**values: Any) -> str:
    """A record with other values."""
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
def test_unusable_record(content: str, tmp_path: Path) -> None:
    """A record that is not whole, or is not of this model, is none: the version is verified the long way."""
    write(tmp_path, content)
    assert read_golden_answers(tmp_path, COLUMNS) is None


def test_no_record(tmp_path: Path) -> None:
    """Most models bring none."""
    assert read_golden_answers(tmp_path, COLUMNS) is None
