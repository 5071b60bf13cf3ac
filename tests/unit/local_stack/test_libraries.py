"""The path from which MLflow's server imports its libraries."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from local_stack.errors import NotStartedError
from local_stack.libraries import importable_libraries


def test_path_without_a_percent_sign_is_used_directly(tmp_path: Path) -> None:
    """Blanks, accents and quotes in the path cause no problem."""
    with importable_libraries(tmp_path / "mi carpeta 'ñandú' #1") as libraries:
        assert libraries is None


def test_path_with_a_percent_sign_is_replaced(tmp_path: Path) -> None:
    """Modules are imported from a path without the sign, which exists until the block ends."""
    installed = tmp_path / "100% listo"
    installed.mkdir()
    (installed / "example_of_mine.py").write_text("print(__file__)")

    with importable_libraries(installed) as libraries:
        command = [sys.executable, "-c", "import example_of_mine"]
        output = subprocess.run(
            command, env={"PYTHONPATH": str(libraries)}, capture_output=True, text=True, check=True
        ).stdout

    assert output.strip().endswith("/libraries/example_of_mine.py")
    assert "%" not in output
    assert libraries is not None
    assert not libraries.parent.exists()
    assert installed.is_dir()


def test_temporary_folder_with_a_percent_sign_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has a command that avoids it."""
    temporary = tmp_path / "100%"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    with pytest.raises(NotStartedError, match="TMPDIR=/tmp make run"), importable_libraries(tmp_path / "%"):
        pytest.fail("there is no such folder")
