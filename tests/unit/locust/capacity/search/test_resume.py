"""The continuation of an interrupted search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

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


@pytest.fixture
def log_folder() -> Iterator[Path]:
    """A folder in memory, because a log waits for the disk after each trial."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def runner_of(server: SleepingServer, interrupt_at: int = 0) -> SyntheticRunner:
    """A runner with noise and invalid trials."""
    return SyntheticRunner(server, SPEC, noise=0.01, invalid=0.1, seed=3, interrupt_at=interrupt_at)


@pytest.mark.parametrize("server", SERVERS, ids=["minimum", "most users"])
def test_interrupted_search_repeats_no_trial_and_finds_the_same(server: SleepingServer, log_folder: Path) -> None:
    """Whichever trial is interrupted, both parts together make the trials of an uninterrupted search."""
    whole = runner_of(server)
    result = logged_search(whole, log_folder / "whole.jsonl")
    assert len(whole.trials) > 5

    for number in range(1, len(whole.trials) + 1):
        runner = runner_of(server, interrupt_at=number)
        path = log_folder / f"{number}.jsonl"
        with pytest.raises(InterruptedRunError):
            logged_search(runner, path)
        assert len(runner.trials) == number - 1

        assert logged_search(runner, path) == result
        assert runner.trials == whole.trials
        assert path.read_bytes() == (log_folder / "whole.jsonl").read_bytes()


def test_finished_search_reads_all_trials_from_its_log(log_folder: Path) -> None:
    """Each line of progress says so."""
    runner = runner_of(SERVERS[0])
    result = logged_search(runner, log_folder / "log.jsonl")
    trials = len(runner.trials)
    lines: list[str] = []

    assert logged_search(runner, log_folder / "log.jsonl", lines) == result

    assert len(runner.trials) == trials == len(lines)
    assert all("(kept from before)" in line for line in lines)


def test_incomplete_last_line_costs_one_trial(log_folder: Path) -> None:
    """Wherever it was cut, only that trial is made again."""
    runner = runner_of(SERVERS[0])
    path = log_folder / "log.jsonl"
    result = logged_search(runner, path)
    written = path.read_bytes()
    begin = written[:-1].rfind(b"\n") + 1

    for cut in (begin + 1, (begin + len(written)) // 2, len(written) - 1):
        path.write_bytes(written[:cut])
        # The noise of a trial belongs to its number.
        last = runner.trials.pop()
        assert logged_search(runner, path) == result
        assert runner.trials[-1] == last
        assert path.read_bytes() == written
