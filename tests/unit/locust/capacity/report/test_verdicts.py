"""Verdicts in both languages."""

import pytest

from capacity.model.criteria import Criterion
from capacity.model.verdict import Fails, Holds, Invalid, Reason
from capacity.report.verdicts import describe


@pytest.mark.parametrize("criterion", list(Criterion))
def test_every_criterion_is_described_with_its_figures(criterion: Criterion) -> None:
    """In both languages, with the users at which it failed, and without an unfilled placeholder."""
    sentence = describe(Fails(criterion, 20, 10_000, 4321, 250))
    for text, group in ((sentence.es, "\u202f"), (sentence.en, ",")):
        assert f"10{group}000" in text
        assert f"4{group}321" in text
        assert "{" not in text
    assert sentence.es != sentence.en


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_described_with_what_to_change(reason: Reason) -> None:
    """Counts are numbers, shares are percentages, and advice follows the figure."""
    sentence = describe(Invalid(reason, 3, 0.91, 0.85))
    counted = reason in {Reason.UNFINISHED, Reason.USERS_MISSING, Reason.SOCKETS_EXHAUSTED}
    for text in (sentence.es, sentence.en):
        assert ("91" in text) is not counted
        assert ": " in text
        assert "{" not in text
    assert sentence.es != sentence.en


def test_holds_is_described() -> None:
    """One word in each language."""
    assert (describe(Holds()).es, describe(Holds()).en) == ("sostiene", "holds")
