"""The traffic of a challenger, from the tags of the registered model."""

import pytest

from src.service.challenger.traffic import Traffic

GOOD = [
    ("10", 10.0),
    ("10.5", 10.5),
    ("10,5", 10.5),
    (" 10 % ", 10.0),
    ("100%", 100.0),
    ("0", 0.0),
    ("007", 7.0),
    ("", 0.0),
    ("0.001", 0.001),
]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_percentages(text: str, value: float) -> None:
    """Numbers from 0 to 100 count, with or without a percent sign; an empty tag is 0."""
    before = Traffic(50.0, 50.0)
    assert before.after({"shadow_percent": text, "canary_percent": "1"}) == Traffic(value, 1.0)
    assert before.after({"canary_percent": text, "shadow_percent": "1"}) == Traffic(1.0, value)


def test_missing_tags_are_zero() -> None:
    """Removing a tag ends its traffic."""
    assert Traffic(50.0, 50.0).after({"other": "7"}) == Traffic()


BAD = [
    "101",
    "100.1",
    "-1",
    "ten",
    "10 percent",
    "1e1",
    "nan",
    "inf",
    "10,",
    "1,2,3",
    "5-10",
    "٣",
    "% 10",
    "1000",
    "9" * 500,
]


@pytest.mark.parametrize("text", BAD)
def test_wrong_values_change_nothing(text: str) -> None:
    """A value that is no percentage keeps the last good one and is told; the other tag counts all the same."""
    found = Traffic(50.0, 5.0).after({"shadow_percent": text, "canary_percent": "7"})
    assert (found.shadow_percent, found.canary_percent) == (50.0, 7.0)
    (problem,) = found.problems
    assert "shadow_percent must be a number from 0 to 100" in problem
    assert problem.endswith("it stays at 50")
    assert len(problem) < 150
    assert found.after({"shadow_percent": "20"}) == Traffic(20.0, 0.0)
