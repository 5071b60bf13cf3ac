"""Verdicts in words."""

import pytest

from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason
from capacity.report.verdicts import said


@pytest.mark.parametrize("criterion", list(Criterion))
def test_every_failure_has_words_with_its_figures(criterion: Criterion) -> None:
    """In both languages, with the users at which it failed, and no place left unfilled."""
    sentence = said(Fails(criterion, 20, 10_000, 4321, 250))
    for text, group in ((sentence.es, "\u202f"), (sentence.en, ",")):
        assert f"10{group}000" in text
        assert f"4{group}321" in text
        assert "{" not in text
    assert sentence.es != sentence.en


@pytest.mark.parametrize("reason", list(Reason))
def test_what_says_nothing_says_what_to_change(reason: Reason) -> None:
    """Counts are counts, parts are percentages, and an advice follows the figure."""
    sentence = said(Invalid(reason, 3, 0.91, 0.85))
    counted = reason in {Reason.UNFINISHED, Reason.USERS_MISSING, Reason.SOCKETS_EXHAUSTED}
    for text in (sentence.es, sentence.en):
        assert ("91" in text) is not counted
        assert ": " in text
        assert "{" not in text
    assert sentence.es != sentence.en


def test_what_holds_is_said() -> None:
    """One word in each language."""
    assert (said(Holds()).es, said(Holds()).en) == ("sostiene", "holds")
