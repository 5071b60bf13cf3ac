"""The lines of progress, and the estimate of what is left."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from capacity.model.slo import offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialSpec
from capacity.model.verdict import Holds
from capacity.search.phase import Phase
from capacity.search.plan import planned_phases
from capacity.search.progress import Progress, duration
from tests.unit.locust.capacity.search.searching import SECONDS, ignore, logged_search
from tests.unit.locust.capacity.trial.servers import FailsAboveServer, SleepingServer
from tests.unit.locust.capacity.trial.synthetic_runner import SyntheticRunner

SPEC = SearchSpec()
RATE = 0.95 * offered_rate(10_000) / 0.137


def trials_left(lines: list[str]) -> list[int]:
    """Estimated trials of each line."""
    return [int(re.findall(r"about (\d+) left", line)[0]) for line in lines]


def test_each_trial_has_its_line(tmp_path: Path) -> None:
    """It tells the trial, its verdict, and an estimate that never grows and is nearly right from the start."""
    runner = SyntheticRunner(SleepingServer(RATE, 100), SPEC)
    lines: list[str] = []

    logged_search(runner, tmp_path / "log.jsonl", lines)

    left = trials_left(lines)
    assert len(lines) == len(runner.trials)
    assert lines[0].startswith("[1 done, about ")
    assert lines[0].endswith("] gateway, most of all: hold of 10,000 users at 1 CPU, 512 MiB: holds")
    assert "\n" not in "".join(lines)
    assert abs(left[0] - (len(lines) - 1)) <= 6
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)


def test_search_for_fewer_users_replaces_the_estimate(tmp_path: Path) -> None:
    """When not all users hold, only a bisection of the users and its confirmation are left."""
    lines: list[str] = []

    logged_search(SyntheticRunner(FailsAboveServer(RATE, most_users=5_000), SPEC), tmp_path / "log.jsonl", lines)

    left = trials_left(lines)
    assert abs(left[1] - (len(lines) - 2)) <= 3
    assert left[-1] <= 1


def test_plan_has_the_phases_of_the_search() -> None:
    """The search itself is run with assumed verdicts; each number of replicas is a phase."""
    phases = planned_phases(SPEC, None)

    assert [planned.phase for planned in phases] == [
        *(Phase.TOP, Phase.CPU, Phase.MEMORY, Phase.CONFIRM, Phase.AGAIN),
        *(Phase.REPLICAS, Phase.REPLICAS, Phase.REPLICAS, Phase.AGAIN),
    ]
    assert sum(planned.trials[TrialKind.RAMP] for planned in phases) == SPEC.confirmations
    assert [planned.phase for planned in planned_phases(SPEC, None, all_users_hold=False)] == [Phase.TOP, Phase.USERS]


def test_more_users_are_expected_only_where_they_are_searched() -> None:
    """They are short tests, and none is left when their phase is over."""
    [headroom] = [planned for planned in planned_phases(SPEC, 18_000) if planned.phase is Phase.BEYOND]

    assert 2 <= headroom.trials[TrialKind.SHORT] <= 5
    assert Phase.BEYOND not in [planned.phase for planned in planned_phases(SPEC, None)]
    progress = Progress(SPEC, ignore, [], seconds=SECONDS, most_users=18_000)
    without = Progress(SPEC, ignore, [], seconds=SECONDS)
    assert progress.trials_left == without.trials_left + headroom.trials.total()
    for each in (progress, without):
        each.enter(Phase.AGAIN)
    assert progress.trials_left == without.trials_left


def test_open_loop_trial_has_its_line_and_its_own_duration() -> None:
    """It is the last trial of all; when it is repeated, nothing more is left."""
    lines: list[str] = []
    spec = SearchSpec(replicas=(), confirmations=1)
    progress = Progress(spec, lines.append, [], seconds=SECONDS, open_loop=True)
    made = SyntheticRunner(SleepingServer(RATE, 100), spec).measure(TrialSpec(TrialKind.SHORT, spec.top, 10_000))
    progress.enter(Phase.OPEN)
    assert progress.seconds_left == SECONDS[TrialKind.OPEN]
    for _ in range(2):
        progress.record(replace(made, kind=TrialKind.OPEN, seconds=17), Holds(), from_log=False)

    assert trials_left(lines) == [0, 0]
    assert "0 s] gateway, open arrivals: open of 10,000 users" in lines[-1]


def test_later_confirmation_stays_expected_while_replicas_are_compared() -> None:
    """A comparison that is repeated is not expected."""
    progress = Progress(SearchSpec(replicas=(2,)), ignore, [], seconds=SECONDS)
    for phase in (Phase.AGAIN, Phase.REPLICAS):
        progress.enter(phase)
    progress.enter(Phase.REPLICAS)
    assert progress.seconds_left == SECONDS[TrialKind.RAMP]
    progress.end()
    assert progress.seconds_left == 0


def test_line_sums_up_all_searches() -> None:
    """The searches of a command take turns."""
    searches: list[Progress] = []
    lines: list[str] = []
    spec = SearchSpec(replicas=(), via="direct")
    waiting = Progress(SPEC, ignore, searches, seconds=SECONDS)
    progress = Progress(spec, lines.append, searches, seconds=SECONDS)
    runner = SyntheticRunner(SleepingServer(RATE, 100), spec)
    progress.enter(Phase.TOP)

    progress.record(runner.measure(TrialSpec(TrialKind.SHORT, spec.top, spec.users)), Holds(), from_log=False)

    assert trials_left(lines) == [progress.trials_left + waiting.trials_left]
    assert lines[0].startswith("[1 done")
    assert "direct, most of all: hold" in lines[0]


def test_durations_are_short() -> None:
    """Minutes only when there are some."""
    assert [duration(seconds) for seconds in (0, 59.4, 60, 754)] == ["0 s", "59 s", "1 min 0 s", "12 min 34 s"]
