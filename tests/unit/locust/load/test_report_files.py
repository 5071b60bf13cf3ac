"""Whether the reports of a run can be written is known before it begins."""

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
def test_a_folder_that_can_be_written_is_taken(option: str, tmp_path: Path) -> None:
    """Missing folders are made by Locust; nothing is made before the run."""
    assert refusal(**{OPTIONS[option]: f"{tmp_path}/new/folder/run"}) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", OPTIONS)
def test_a_place_that_cannot_be_written_is_named(option: str) -> None:
    """The sentence names the option, the folder and the user, and how to run as the folder's owner."""
    said = refusal(**{OPTIONS[option]: "/proc/sys/kernel/run"})

    assert said is not None
    assert said.startswith(f"{option}: /proc/sys/kernel cannot be written by user {os.geteuid()} (")
    assert '--user "$(id -u):$(id -g)"' in said


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_in_the_place_of_a_folder_is_named(option: str, tmp_path: Path) -> None:
    """A path below a file cannot be made."""
    (tmp_path / "file").touch()

    assert f"{option}: {tmp_path / 'file'} cannot be written by user {os.geteuid()} (Not a directory)" in str(
        refusal(**{OPTIONS[option]: f"{tmp_path}/file/run"})
    )


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    """`--html resultados`, without the name of a file."""
    assert f"--html: {tmp_path} is a folder" in str(refusal(html_file=str(tmp_path)))


@pytest.mark.parametrize("ending", ["_stats.csv", "_failures.csv", "_exceptions.csv", "_stats_history.csv"])
def test_each_of_the_csv_files_is_looked_at(ending: str, tmp_path: Path) -> None:
    """What an earlier run left there, of another user perhaps, must be replaceable."""
    (tmp_path / f"run{ending}").mkdir()

    assert str(tmp_path / f"run{ending}") in str(refusal(csv_prefix=f"{tmp_path}/run", stats_history_enabled=True))


def test_a_file_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    """A report that is there already can be replaced, and is as it was until then."""
    (tmp_path / "report.html").write_text("earlier")

    assert refusal(html_file=f"{tmp_path}/report.html") is None
    assert (tmp_path / "report.html").read_text() == "earlier"


def test_a_worker_writes_no_reports() -> None:
    """Only the master has them, whatever options a worker got with it."""
    assert refusal(worker=True, html_file="/proc/sys/kernel/run", csv_prefix="/proc/sys/kernel/run") is None
