"""A search that was interrupted goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity.model.slo import offered_rate
from capacity.model.spec import SearchSpec
from tests.unit.locust.capacity.search.searching import logged_search
from tests.unit.locust.capacity.trial.servers import FailsAboveServer, SleepingServer
from tests.unit.locust.capacity.trial.synthetic_runner import InterruptedRunError, SyntheticRunner

SPEC = SearchSpec(replicas=(2,))
SERVERS = [
    SleepingServer(0.95 * offered_rate(10_000) / 0.137, 100),
    FailsAboveServer(0.95 * offered_rate(10_000) / 0.137, 100, most_users=6_700),
]


def runner_of(server: SleepingServer, interrupt_at: int = 0) -> SyntheticRunner:
    """A runner on a machine that is neither quiet nor its own."""
    return SyntheticRunner(server, SPEC, noise=0.01, invalid=0.1, seed=3, interrupt_at=interrupt_at)


@pytest.mark.parametrize("server", SERVERS, ids=["minimum", "most users"])
def test_interrupted_anywhere_it_repeats_nothing_and_answers_the_same(server: SleepingServer, tmp_path: Path) -> None:
    """The trials of both parts are those of a search without interruption."""
    whole = runner_of(server)
    answer = logged_search(whole, tmp_path / "whole.jsonl")
    assert len(whole.trials) > 5

    for number in range(1, len(whole.trials) + 1):
        runner = runner_of(server, interrupt_at=number)
        path = tmp_path / f"{number}.jsonl"
        with pytest.raises(InterruptedRunError):
            logged_search(runner, path)
        assert len(runner.trials) == number - 1

        assert logged_search(runner, path) == answer
        assert runner.trials == whole.trials
        assert path.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_finished_search_asks_nothing_and_says_where_its_trials_come_from(tmp_path: Path) -> None:
    """Everything is in the log."""
    runner = runner_of(SERVERS[0])
    answer = logged_search(runner, tmp_path / "journal.jsonl")
    trials = len(runner.trials)
    lines: list[str] = []

    assert logged_search(runner, tmp_path / "journal.jsonl", lines) == answer

    assert len(runner.trials) == trials == len(lines)
    assert all("(kept from before)" in line for line in lines)


def test_a_crash_in_the_middle_of_a_line_costs_that_trial_only(tmp_path: Path) -> None:
    """Cut anywhere in the last line, the search makes one trial again."""
    runner = runner_of(SERVERS[0])
    path = tmp_path / "journal.jsonl"
    answer = logged_search(runner, path)
    written = path.read_bytes()
    begin = written[:-1].rfind(b"\n") + 1

    for cut in (begin + 1, (begin + len(written)) // 2, len(written) - 1):
        path.write_bytes(written[:cut])
        # The noise of a trial belongs to its number.
        last = runner.trials.pop()
        assert logged_search(runner, path) == answer
        assert runner.trials[-1] == last
        assert path.read_bytes() == written
