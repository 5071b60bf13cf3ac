"""One line for each trial, and an estimate that comes true."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from capacity.model.slo import offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialSpec
from capacity.model.verdict import Holds
from capacity.search.progress import Phase, Progress, duration
from tests.unit.locust.capacity.search.searching import kept_search
from tests.unit.locust.capacity.trial.laboratory import SyntheticLaboratory
from tests.unit.locust.capacity.trial.servers import FailsAboveServer, SleepingServer

QUESTION = SearchSpec()
RATE = 0.95 * offered_rate(10_000) / 0.137


def left(lines: list[str]) -> list[int]:
    """Trials left, by line."""
    return [int(re.findall(r"about (\d+) left", line)[0]) for line in lines]


def test_each_trial_has_its_line(tmp_path: Path) -> None:
    """What was asked, what it showed, and what is left; the last says that nothing is."""
    laboratory = SyntheticLaboratory(SleepingServer(RATE, 100), QUESTION)
    lines: list[str] = []

    kept_search(laboratory, tmp_path / "journal.jsonl", lines)

    assert len(lines) == len(laboratory.asked)
    assert lines[0] == (
        "[1 done, about 25 left, 9 min 24 s] gateway, most of all: hold of 10,000 users at 1 CPU, 512 MiB: holds"
    )
    assert "\n" not in "".join(lines)
    assert left(lines)[-1] <= 1
    assert all(after <= before for before, after in zip(left(lines), left(lines)[1:], strict=False))


def test_a_search_for_users_leaves_nothing_of_the_others(tmp_path: Path) -> None:
    """When not all users are held, the rest of the plan falls away."""
    lines: list[str] = []

    kept_search(
        SyntheticLaboratory(FailsAboveServer(RATE, most_users=5_000), QUESTION), tmp_path / "journal.jsonl", lines
    )

    assert left(lines)[1] == 7
    assert left(lines)[-1] <= 1


def progress_of(question: SearchSpec, everything: list[Progress] | None = None, **extras: bool) -> Progress:
    """Progress that nobody listens to."""
    known = [] if everything is None else everything
    return Progress(question, lambda _: None, known, hold_seconds=10, staircase_seconds=100, **extras)


def test_before_the_first_trial_the_guess_counts() -> None:
    """Holds and staircases of a search without surprises."""
    progress = progress_of(SearchSpec(replicas=()))

    assert progress.trials_left == 1 + 3 + 3 + 3 + 4
    assert progress.seconds_left == 11 * 10 + 3 * 100


def test_more_users_are_expected_only_where_somebody_wants_to_know() -> None:
    """Four holds, and none when that part is over."""
    progress, without = progress_of(SearchSpec(), more_users=True), progress_of(SearchSpec())

    assert progress.seconds_left == without.seconds_left + 40
    progress.enter(Phase.BEYOND)
    progress.enter(Phase.REPLICAS)
    assert progress.seconds_left == without.seconds_left - 10


def test_open_arrivals_have_their_line_and_their_own_duration() -> None:
    """The last trial of all, made again when it says nothing; nothing is left afterwards."""
    said: list[str] = []
    question = SearchSpec(replicas=())
    progress = Progress(question, said.append, [], hold_seconds=10, staircase_seconds=100, open_arrivals=True)
    for phase in (Phase.CPU, Phase.MEMORY, Phase.CONFIRM, Phase.AGAIN):
        progress.enter(phase)
    made = SyntheticLaboratory(SleepingServer(RATE, 100), question).measure(
        TrialSpec(TrialKind.SHORT, question.top, 10_000)
    )
    progress.saw(replace(made, kind=TrialKind.RAMP, seconds=90), Holds(), replayed=False)
    progress.saw(replace(made, kind=TrialKind.RAMP, seconds=90), Holds(), replayed=False)
    assert progress.seconds_left == 50

    progress.enter(Phase.OPEN)
    for _ in range(2):
        progress.saw(replace(made, kind=TrialKind.OPEN, seconds=17), Holds(), replayed=False)

    assert left(said)[-2:] == [0, 0]
    assert "0 s] gateway, open arrivals: open of 10,000 users" in said[-1]


def test_what_is_confirmed_later_stays_expected_while_replicas_are_compared() -> None:
    """Two staircases with the replicas between them; when those are compared anew, nothing more is expected of them."""
    progress = progress_of(SearchSpec(replicas=(2,)))
    for phase in (Phase.CPU, Phase.MEMORY, Phase.CONFIRM, Phase.AGAIN):
        progress.enter(phase)
    assert progress.seconds_left == 4 * 10 + 2 * 100

    for phase in (Phase.REPLICAS, Phase.AGAIN, Phase.REPLICAS):
        progress.enter(phase)
    assert progress.seconds_left == 2 * 100
    progress.end()
    assert progress.seconds_left == 0


def test_a_line_tells_what_is_left_of_all_questions() -> None:
    """Questions are asked in turn, and nobody waits for one of them alone."""
    everything: list[Progress] = []
    said: list[str] = []
    question = SearchSpec(replicas=(), via="direct")
    waiting = progress_of(SearchSpec(), everything)
    progress = Progress(question, said.append, everything, hold_seconds=10, staircase_seconds=100)
    laboratory = SyntheticLaboratory(SleepingServer(RATE, 100), question)

    progress.saw(laboratory.measure(TrialSpec(TrialKind.SHORT, question.top, question.users)), Holds(), replayed=False)

    assert left(said) == [progress.trials_left + waiting.trials_left]
    assert said[0].startswith("[1 done")
    assert "direct, most of all: hold" in said[0]


def test_durations_are_short() -> None:
    """Minutes only when there are some."""
    assert [duration(seconds) for seconds in (0, 59.4, 60, 754)] == ["0 s", "59 s", "1 min 0 s", "12 min 34 s"]
