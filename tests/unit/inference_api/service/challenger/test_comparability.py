"""Whether a challenger takes the champion's rows and answers with the same kind of values."""

from dataclasses import replace
from typing import Any

import pytest

from src.service.challenger.comparability import difference
from src.service.registry.bundle import Bundle, Check
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import bundle_of

X, Y = Column("x", "number", "float64"), Column("y", "string", "object")


def bundle(*columns: Column, answers: tuple[Any, ...] = (1.5,)) -> Bundle:
    """A bundle with these columns and reference answers."""
    return bundle_of(columns, checks=tuple(Check({}, answer) for answer in answers))


def test_equal_signatures() -> None:
    """The same columns and the same kind of answers fit, whatever the values are."""
    assert difference(bundle(X, Y), bundle(X, Y, answers=(7.0, -2.0))) is None


def test_challenger_that_accepts_more() -> None:
    """A column that may be missing for the challenger only fits: it accepts every row of the champion."""
    optional = replace(X, required=False)
    assert difference(bundle(X), bundle(optional)) is None
    assert difference(bundle(optional), bundle(X)) == (
        "its column 'x' has no missing values, that of the champion may have some"
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((X,), "it has no column 'y', which the champion has"),
        ((X, Y, Column("z", "number", "float64")), "it has a column 'z', which the champion has not"),
        ((Y, X), "its columns come in another order: 'y', 'x'"),
        (
            (X, Column("y", "number", "float64")),
            "its column 'y' is number (float64), that of the champion string (object)",
        ),
        (
            (Column("x", "number", "float32"), Y),
            "its column 'x' is number (float32), that of the champion number (float64)",
        ),
    ],
)
def test_other_columns(columns: tuple[Column, ...], reason: str) -> None:
    """The difference names the column."""
    assert difference(bundle(X, Y), bundle(*columns)) == reason


def test_many_columns_are_not_all_listed() -> None:
    """Of many columns the first five are named."""
    many = tuple(Column(f"c{number}", "number", "float64") for number in range(9))
    assert str(difference(bundle(*many), bundle(X))).startswith(
        "it has no column 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more"
    )


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (("a", "b"), "a class label"),
        ((1, 0), "a class label"),
        (([1.0, 2.0],), "a list of 2 (a number)"),
        (([1.0, "a"],), "a list of 2 (a class label, a number)"),
    ],
)
def test_other_answers(answers: tuple[Any, ...], kind: str) -> None:
    """Labels, numbers and several outputs are different kinds of answers; each is like itself."""
    assert difference(bundle(X), bundle(X, answers=answers)) == f"it answers with {kind}, the champion with a number"
    assert difference(bundle(X, answers=answers), bundle(X, answers=answers)) is None
