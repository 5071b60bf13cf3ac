"""Raw steps as CSV."""

import io

import pandas as pd

from capacity.report.data import ReportData
from capacity.report.raw_steps import raw_steps
from capacity.report.trial_record import StepRecord, TrialRecord
from tests.unit.locust.capacity.report.examples import FULL


def test_every_step_is_a_line() -> None:
    """With the limits of its trial."""
    frame = pd.read_csv(io.StringIO(raw_steps(FULL)))

    assert len(frame) == sum(len(one.steps) for one in FULL.trials)
    assert frame.loc[frame.trial == 5, "cpus"].unique().tolist() == [0.073]
    assert frame.loc[frame.trial == 5, "p99_ms"].max() == 612


def test_texts_survive_and_are_no_formulas() -> None:
    """Quotes, commas and lines stay; what begins like a formula gets an apostrophe."""
    step = StepRecord(users=1, offered=1, achieved=0, failures={'=cmd,"x"\n': 2, "timeout": 1})
    frame = pd.read_csv(io.StringIO(raw_steps(ReportData(trials=(TrialRecord(cpus=1, memory_mib=1, steps=(step,)),)))))

    assert frame.failures.tolist() == ['\'=cmd,"x"\n=2; timeout=1']
    assert frame.failed.tolist() == [3]


def test_without_trials_there_is_a_head() -> None:
    """A reader finds the columns."""
    assert raw_steps(ReportData()).startswith("trial,cpus,memory_mib,")
