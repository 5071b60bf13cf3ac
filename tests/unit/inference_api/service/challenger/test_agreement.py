"""How far a challenger's answers are from the champion's."""

from typing import Any

import pytest

from src.service.challenger.agreement import Agreement


def compared(*pairs: tuple[Any, Any]) -> Agreement:
    """The agreement of these answers."""
    agreement = Agreement()
    for champion, challenger in pairs:
        agreement.add(champion, challenger)
    return agreement


def test_numbers() -> None:
    """Numbers agree up to 1 %; both differences are summed, the relative one by the larger magnitude."""
    found = compared((100.0, 100.0), (100.0, 101.0), (100.0, 102.0), (-1.0, 1.0), (0.0, 0.0), (0.0, 5.0))
    assert (found.rows, found.agreeing, found.numbers) == (6, 3, 6)
    assert found.absolute == pytest.approx(0 + 1 + 2 + 2 + 0 + 5)
    assert found.relative == pytest.approx(1 / 101 + 2 / 102 + 2 + 1)
    assert found.mean_absolute() == pytest.approx(10 / 6)


@pytest.mark.parametrize(
    ("champion", "challenger", "agree"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (1, 1, True),
        (1, 2, False),
        (True, False, False),
        (None, None, True),
        (1000, 1001, False),
    ],
)
def test_labels(champion: Any, challenger: Any, *, agree: bool) -> None:
    """Labels agree when they are equal, integers included; they have no difference."""
    found = compared((champion, challenger))
    assert (found.rows, found.agreeing, found.numbers) == (1, int(agree), 0)
    assert (found.mean_absolute(), found.mean_relative()) == (None, None)


def test_several_outputs() -> None:
    """A row with several outputs counts once, with the mean of their differences, and agrees when all of them do."""
    found = compared(([1.0, 10.0], [1.0, 10.05]), ([1.0, 10.0], [1.0, 20.0]))
    assert (found.rows, found.agreeing) == (2, 1)
    assert found.absolute == pytest.approx(0.05 / 2 + 10 / 2)
    labels = compared((["a", 1], ["a", 1]), (["a", 1], ["a", 2]))
    assert (labels.rows, labels.agreeing, labels.numbers) == (2, 1, 0)


def test_other_kinds_and_ranges() -> None:
    """Answers of different kinds do not agree, nor do numbers whose difference is infinite."""
    found = compared((1.0, "a"), ([1.0], [1.0, 2.0]), (1.7e308, -1.7e308))
    assert (found.rows, found.agreeing, found.numbers) == (3, 0, 0)


def test_include() -> None:
    """Sums of further rows are added."""
    found = compared((1.0, 1.0))
    found.include(compared((1.0, 3.0), ("a", "a")))
    assert found == compared((1.0, 1.0), (1.0, 3.0), ("a", "a"))
