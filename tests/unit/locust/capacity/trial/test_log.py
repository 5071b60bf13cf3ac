"""The log of trials."""

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

SPEC = SearchSpec()
RESULT = TrialResult(
    kind=TrialKind.SHORT,
    limits=Limits(0.121, 146),
    users=10_000,
    via="gateway",
    started_at="2026-01-01T00:00:00+00:00",
    seconds=12.5,
    steps=(step_of(10_000),),
)


def log_of(path: Path, *results: TrialResult) -> Path:
    """A closed log with these trials."""
    with TrialLog.open(path, SPEC) as log:
        for result in results:
            log.append(result)
    return path


def test_trials_of_one_specification_are_read_in_order_and_once(tmp_path: Path) -> None:
    """Three confirmations are three trials with equal specifications."""
    first, second = RESULT, replace(RESULT, seconds=13.0)
    path = log_of(tmp_path / "new" / "log.jsonl", first, second)

    with TrialLog.open(path, SPEC) as log:
        assert log.take(replace(RESULT, users=500).spec) is None
        assert [log.take(RESULT.spec) for _ in range(3)] == [first, second, None]


def test_new_trial_is_not_read_again(tmp_path: Path) -> None:
    """Only trials of earlier runs are."""
    with TrialLog.open(tmp_path / "log.jsonl", SPEC) as log:
        log.append(RESULT)
        assert log.take(RESULT.spec) is None


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (SearchSpec(users=5_000), "users is 10000 there and 5000 here"),
        (SearchSpec(slo=Slo(p99_ms=100)), "slo is Slo"),
        (SearchSpec(subject="sha256:1234"), "subject is  there and sha256:1234 here"),
    ],
)
def test_log_of_another_search_is_an_error(other: SearchSpec, difference: str, tmp_path: Path) -> None:
    """The error says what differs, and the file stays as it is."""
    path = log_of(tmp_path / "log.jsonl", RESULT)
    written = path.read_bytes()

    with pytest.raises(TrialLogError, match=difference), TrialLog.open(path, other):
        pass

    assert path.read_bytes() == written


@pytest.mark.parametrize("text", ["other text\n", "other text", "{}", "\n", '{"question": {"users": 1}}\n'])
def test_other_file_is_an_error(text: str, tmp_path: Path) -> None:
    """It is neither changed nor read."""
    path = tmp_path / "log.jsonl"
    path.write_text(text)

    with pytest.raises(TrialLogError, match="first line is no capacity search"), TrialLog.open(path, SPEC):
        pass

    assert path.read_text() == text


def test_damaged_line_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """A crash can only cut the last line; the error has the number of the line."""
    path = log_of(tmp_path / "log.jsonl", RESULT, RESULT)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{}\n" + lines[2])

    with pytest.raises(TrialLogError, match="line 2 is no trial"), TrialLog.open(path, SPEC):
        pass


@pytest.mark.parametrize("torn", ["", "{", '{"question": {"us'])
def test_incomplete_first_line_is_replaced(torn: str, tmp_path: Path) -> None:
    """After a crash in it there are no trials yet."""
    path = tmp_path / "log.jsonl"
    path.write_text(torn)

    log_of(path, RESULT)

    with TrialLog.open(path, SPEC) as log:
        assert log.take(RESULT.spec) == RESULT


def test_second_search_with_the_same_log_is_an_error(tmp_path: Path) -> None:
    """The first one goes on."""
    path = tmp_path / "log.jsonl"
    with TrialLog.open(path, SPEC) as log:
        with pytest.raises(TrialLogError, match="another search"), TrialLog.open(path, SPEC):
            pass
        log.append(RESULT)
    assert len(path.read_text().splitlines()) == 2
