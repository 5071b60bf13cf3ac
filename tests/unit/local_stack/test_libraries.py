"""Where MLflow's server gets its libraries from."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from local_stack.errors import NotStartedError
from local_stack.libraries import importable_libraries


def test_a_path_that_will_do_is_left_alone(tmp_path: Path) -> None:
    """Blanks, accents and quotes are no trouble."""
    with importable_libraries(tmp_path / "mi carpeta 'ñandú' #1") as libraries:
        assert libraries is None


def test_a_percent_sign_is_not_seen(tmp_path: Path) -> None:
    """A module is imported under a path without it, for as long as the block lasts."""
    installed = tmp_path / "100% listo"
    installed.mkdir()
    (installed / "example_of_mine.py").write_text("print(__file__)")

    with importable_libraries(installed) as libraries:
        command = [sys.executable, "-c", "import example_of_mine"]
        told = subprocess.run(
            command, env={"PYTHONPATH": str(libraries)}, capture_output=True, text=True, check=True
        ).stdout

    assert told.strip().endswith("/libraries/example_of_mine.py")
    assert "%" not in told
    assert libraries is not None
    assert not libraries.parent.exists()
    assert installed.is_dir()


def test_a_temporary_folder_with_the_same_trouble_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to type."""
    temporary = tmp_path / "100%"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    with pytest.raises(NotStartedError, match="TMPDIR=/tmp make run"), importable_libraries(tmp_path / "%"):
        pytest.fail("there is no such folder")
