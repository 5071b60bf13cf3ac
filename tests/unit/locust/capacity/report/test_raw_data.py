"""The raw data as JSON and CSV."""

import io
import json
from dataclasses import replace

import pandas as pd

from capacity.model.limits import Limits
from capacity.report.raw_data import to_csv, to_json
from tests.unit.locust.capacity.report.examples import BUSY, FULL, SLOW, at, found, report_data, trial
from tests.unit.locust.capacity.trial.servers import step_of


def test_json_has_every_figure_of_a_trial() -> None:
    """Under the names that the file has had from the start."""
    step = replace(step_of(10_000), oom_kills=2, deaths=1, throttled_seconds=0.5, machine_steal=0.01)
    [slow, busy] = to_json(report_data(trial(0.05, 96, SLOW, step, replicas=2), trial(1, 96, BUSY)))["trials"]

    assert (slow["cpus"], slow["memory_mib"], slow["replicas"], slow["via"]) == (0.05, 96, 2, "gateway")
    assert (slow["kind"], slow["verdict"], slow["criterion"]) == ("staircase", "FAILS", "p99")
    assert "612" in slow["sentence"]["en"]
    assert (slow["steps"][0]["users"], slow["steps"][0]["memory_peak_mib"]) == (10_000, 100)
    assert (slow["steps"][0]["oom_kills"], slow["steps"][0]["throttled_seconds"]) == (2, 0.5)
    assert (busy["verdict"], busy["criterion"]) == ("INVALID", "generator busy")


def test_json_has_the_answer_with_its_rejected_neighbours() -> None:
    """Each with the resource that is less and the reason."""
    result = found(Limits(0.1, 96), at(Limits(0.09, 96), SLOW))
    [answer] = to_json(report_data(results={"direct": result}))["answers"]

    assert (answer["via"], answer["cpus"], answer["memory_mib"], answer["repeats"]) == ("direct", 0.1, 96, 3)
    [rejected] = answer["rejected"]
    assert (rejected["resource"], rejected["cpus"]) == ("cpu", 0.09)
    assert "612" in rejected["reason"]["es"]


def test_json_can_be_written() -> None:
    """All values are JSON's, and read back they are the same."""
    written = to_json(FULL)
    assert json.loads(json.dumps(written)) == written
    assert set(written) == {
        *("question", "answers", "trials", "replicas", "largest_rate", "held_without_limits", "open_check"),
        *("left_out", "machine", "versions", "digests", "commands", "started_at", "ended_at"),
    }
    assert (written["question"]["via"], len(written["replicas"])) == (["gateway", "direct"], 4)


def test_limits_that_were_not_set_are_null() -> None:
    """They are not those of the machine."""
    data = report_data(trial(2, 16_000, SLOW), results={"gateway": found(Limits(2, 16_000))}, limited=frozenset())
    written = to_json(data)
    assert [(each["cpus"], each["memory_mib"]) for each in (*written["trials"], *written["answers"])] == [
        (None, None)
    ] * 2
    assert written["held_without_limits"]


def test_without_a_good_answer_there_is_no_latency() -> None:
    """A 0 would look like the best latency."""
    [row] = to_json(report_data(trial(1, 96, SLOW, step_of(500, achieved=0))))["trials"]
    assert [row["steps"][0][name] for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")] == [None] * 4


def test_every_step_is_a_line_of_the_csv() -> None:
    """With the limits of its trial."""
    frame = pd.read_csv(io.StringIO(to_csv(FULL)))

    assert len(frame) == sum(len(each.steps) for each, _ in FULL.trials)
    assert frame.loc[frame.trial == 4, "cpus"].unique().tolist() == [0.073]
    assert frame.loc[frame.trial == 4, "p99_ms"].max() == 612


def test_texts_in_the_csv_are_quoted_and_no_formulas() -> None:
    """Quotes, commas and lines stay; what begins like a formula gets an apostrophe."""
    step = replace(step_of(1), failures={'=cmd,"x"\n': 2, "timeout": 1})
    frame = pd.read_csv(io.StringIO(to_csv(report_data(trial(1, 1, SLOW, step)))))

    assert frame.failures.tolist() == ['\'=cmd,"x"\n=2; timeout=1']
    assert frame.failed.tolist() == [3]


def test_without_trials_the_csv_has_a_head() -> None:
    """It names the columns."""
    assert to_csv(report_data()).startswith("trial,cpus,memory_mib,")
