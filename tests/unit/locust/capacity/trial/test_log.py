"""Results kept as they come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialResult
from capacity.trial.log import TrialLog, TrialLogError
from tests.unit.locust.capacity.trial.servers import step_of

QUESTION = SearchSpec()
RESULT = TrialResult(
    kind=TrialKind.SHORT,
    limits=Limits(0.121, 146),
    users=10_000,
    via="gateway",
    started_at="2026-01-01T00:00:00+00:00",
    seconds=12.5,
    steps=(step_of(10_000),),
)


def journal_of(path: Path, *results: TrialResult) -> Path:
    """A journal that was closed."""
    with TrialLog.open(path, QUESTION) as journal:
        for result in results:
            journal.keep(result)
    return path


def test_trials_of_one_ask_come_back_in_order_and_once(tmp_path: Path) -> None:
    """Three confirmations are three trials."""
    first, second = RESULT, replace(RESULT, seconds=13.0)
    path = journal_of(tmp_path / "new" / "journal.jsonl", first, second)

    with TrialLog.open(path, QUESTION) as journal:
        assert journal.recorded(replace(RESULT, users=500).spec) is None
        assert [journal.recorded(RESULT.spec) for _ in range(3)] == [first, second, None]


def test_what_is_made_now_is_not_handed_out(tmp_path: Path) -> None:
    """A trial that was just kept answers no second ask."""
    with TrialLog.open(tmp_path / "journal.jsonl", QUESTION) as journal:
        journal.keep(RESULT)
        assert journal.recorded(RESULT.spec) is None


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (SearchSpec(users=5_000), "users is 10000 there and 5000 here"),
        (SearchSpec(slo=Slo(p99_ms=100)), "slo is Slo"),
        (SearchSpec(subject="sha256:1234"), "subject is  there and sha256:1234 here"),
    ],
)
def test_a_journal_of_another_question_is_refused(other: SearchSpec, difference: str, tmp_path: Path) -> None:
    """The error says what differs, and the file stays as it is."""
    path = journal_of(tmp_path / "journal.jsonl", RESULT)
    written = path.read_bytes()

    with pytest.raises(TrialLogError, match=difference), TrialLog.open(path, other):
        pass

    assert path.read_bytes() == written


@pytest.mark.parametrize("text", ["a diary\n", "a diary", "{}", "\n", '{"question": {"users": 1}}\n'])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    """Nothing is appended to what is no journal, or taken from it."""
    path = tmp_path / "journal.jsonl"
    path.write_text(text)

    with pytest.raises(TrialLogError, match="first line is no capacity question"), TrialLog.open(path, QUESTION):
        pass

    assert path.read_text() == text


def test_a_damaged_line_in_the_middle_is_refused_by_number(tmp_path: Path) -> None:
    """Only a last line can be torn by a crash; anything else is no accident."""
    path = journal_of(tmp_path / "journal.jsonl", RESULT, RESULT)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{}\n" + lines[2])

    with pytest.raises(TrialLogError, match="line 2 is no trial"), TrialLog.open(path, QUESTION):
        pass


@pytest.mark.parametrize("torn", ["", "{", '{"question": {"us'])
def test_a_torn_question_begins_anew(torn: str, tmp_path: Path) -> None:
    """A crash in the very first line leaves nothing to lose."""
    path = tmp_path / "journal.jsonl"
    path.write_text(torn)

    journal_of(path, RESULT)

    with TrialLog.open(path, QUESTION) as journal:
        assert journal.recorded(RESULT.spec) == RESULT


def test_two_searches_do_not_write_one_journal(tmp_path: Path) -> None:
    """The second is told, and the first goes on."""
    path = tmp_path / "journal.jsonl"
    with TrialLog.open(path, QUESTION) as journal:
        with pytest.raises(TrialLogError, match="another search"), TrialLog.open(path, QUESTION):
            pass
        journal.keep(RESULT)
    assert len(path.read_text().splitlines()) == 2
