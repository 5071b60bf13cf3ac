"""The files of a report."""

from pathlib import Path

from capacity.report.writing import write_report
from tests.unit.locust.capacity.report.examples import FULL
from tests.unit.locust.capacity.report.page import Page


def test_every_file_is_written_and_every_link_has_its_file(tmp_path: Path) -> None:
    """HTML and Markdown in two languages, CSV and JSON."""
    written = write_report(FULL, tmp_path / "new" / "folder")

    assert {file.name for file in written} == {
        *("capacity.csv", "capacity.json", "capacity.es.html", "capacity.en.html", "capacity.es.md", "capacity.en.md")
    }
    for page in (file for file in written if file.suffix == ".html"):
        for link in Page(page.read_text(encoding="utf-8")).of("a"):
            assert (page.parent / str(link["href"])).is_file()
