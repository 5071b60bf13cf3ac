"""Findings survive a file."""

import json

import pytest

from capacity.report.data import ReportData
from tests.unit.locust.capacity.report.examples import FULL


@pytest.mark.parametrize("findings", [FULL, ReportData()], ids=["full", "empty"])
def test_findings_survive_json(findings: ReportData) -> None:
    """What is written is what is read, to the last type."""
    assert ReportData.from_json(json.loads(json.dumps(findings.to_json()))) == findings


def test_unknown_and_missing_fields_do_no_harm() -> None:
    """A report can be made of a file that an older or newer version wrote."""
    read = ReportData.from_json({"question": {"users": 500}, "unheard": 1, "largest_rate": None})

    assert (read.question.users, read.question.step, read.largest_rate) == (500, 500, None)
