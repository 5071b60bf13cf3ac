"""The files of a report."""

import json
from pathlib import Path

from capacity.report.data import ReportData
from capacity.report.writing import write_report
from tests.unit.locust.capacity.report.examples import FULL
from tests.unit.locust.capacity.report.page import Page


def test_every_file_is_written_and_every_link_has_its_file(tmp_path: Path) -> None:
    """Two languages, two forms, the raw steps, the findings."""
    written = write_report(FULL, tmp_path / "new" / "folder")

    assert {one.name for one in written} == {
        *("capacity.csv", "capacity.json", "capacity.es.html", "capacity.en.html", "capacity.es.md", "capacity.en.md")
    }
    for page in (one for one in written if one.suffix == ".html"):
        for link in Page(page.read_text(encoding="utf-8")).of("a"):
            assert (page.parent / str(link["href"])).is_file()


def test_the_report_can_be_written_again_from_its_findings(tmp_path: Path) -> None:
    """The JSON beside it holds everything."""
    first = write_report(FULL, tmp_path / "first")
    findings = ReportData.from_json(json.loads((tmp_path / "first/capacity.json").read_text(encoding="utf-8")))
    second = write_report(findings, tmp_path / "second")

    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]
