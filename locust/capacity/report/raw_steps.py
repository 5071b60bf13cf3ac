"""Every step of every trial as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from typing import Final

from capacity.report.data import ReportData
from capacity.report.trial_record import StepRecord

_STEP: Final = tuple(field.name for field in fields(StepRecord) if field.name != "failures")
_TRIAL: Final = ("cpus", "memory_mib", "replicas", "via", "kind", "verdict", "criterion")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def raw_steps(findings: ReportData) -> str:
    """One line a step, with its trial's number and limits; failures as `kind=count; kind=count`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("trial", *_TRIAL, *_STEP, "failed", "failures"))
    for number, trial in enumerate(findings.trials, start=1):
        named = [_cell(getattr(trial, name)) for name in _TRIAL]
        for step in trial.steps:
            kinds = "; ".join(f"{kind}={count}" for kind, count in step.failures.items())
            writer.writerow([number, *named, *(getattr(step, name) for name in _STEP), step.failed, _cell(kinds)])
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
