"""Reports that cannot be written are refused before the run."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from load import report_files

NOTHING = {
    "logfile": None,
    "worker": False,
    "csv_prefix": None,
    "stats_history_enabled": False,
    "html_file": None,
    "json_file": None,
}
OPTIONS = {"--logfile": "logfile", "--csv": "csv_prefix", "--html": "html_file", "--json-file": "json_file"}


def refusal(**options: object) -> str | None:
    """The refusal of a run with these options and no others."""
    return report_files.refusal(SimpleNamespace(**{**NOTHING, **options}))


@pytest.mark.parametrize("option", OPTIONS)
def test_folder_that_can_be_written_is_accepted(option: str, tmp_path: Path) -> None:
    """Locust makes missing folders; the check creates nothing."""
    assert refusal(**{OPTIONS[option]: f"{tmp_path}/new/folder/run"}) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", OPTIONS)
def test_folder_that_cannot_be_written_is_refused(option: str) -> None:
    """The message names the option, the folder, the user, and how to run as the folder's owner."""
    message = refusal(**{OPTIONS[option]: "/proc/sys/kernel/run"})

    assert message is not None
    assert message.startswith(f"{option}: /proc/sys/kernel cannot be written by user {os.geteuid()} (")
    assert '--user "$(id -u):$(id -g)"' in message


@pytest.mark.parametrize("option", OPTIONS)
def test_file_in_place_of_a_folder_is_refused(option: str, tmp_path: Path) -> None:
    """A path below a file cannot be made."""
    (tmp_path / "file").touch()

    assert f"{option}: {tmp_path / 'file'} cannot be written by user {os.geteuid()} (Not a directory)" in str(
        refusal(**{OPTIONS[option]: f"{tmp_path}/file/run"})
    )


def test_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """`--html resultados`, without the name of a file."""
    assert f"--html: {tmp_path} is a folder" in str(refusal(html_file=str(tmp_path)))


@pytest.mark.parametrize("ending", ["_stats.csv", "_failures.csv", "_exceptions.csv", "_stats_history.csv"])
def test_each_csv_file_is_checked(ending: str, tmp_path: Path) -> None:
    """Any of them may exist already and be impossible to replace."""
    (tmp_path / f"run{ending}").mkdir()

    assert str(tmp_path / f"run{ending}") in str(refusal(csv_prefix=f"{tmp_path}/run", stats_history_enabled=True))


def test_file_of_an_earlier_run_is_unchanged(tmp_path: Path) -> None:
    """An existing report is accepted, and the check does not change it."""
    (tmp_path / "report.html").write_text("earlier")

    assert refusal(html_file=f"{tmp_path}/report.html") is None
    assert (tmp_path / "report.html").read_text() == "earlier"


def test_a_worker_writes_no_reports() -> None:
    """Only the master writes them, whatever options a worker has."""
    assert refusal(worker=True, html_file="/proc/sys/kernel/run", csv_prefix="/proc/sys/kernel/run") is None
