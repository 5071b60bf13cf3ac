"""One stack per data folder."""

import os
from pathlib import Path

import pytest

from local_stack.errors import NotStartedError
from local_stack.lock import locked


def test_second_stack_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Two MLflow servers would write to one SQLite file; the message has the PID of the first stack."""
    with locked(tmp_path), pytest.raises(NotStartedError, match=f"PID {os.getpid()}"), locked(tmp_path):
        pytest.fail("the folder was locked twice")


def test_lock_is_released(tmp_path: Path) -> None:
    """After the block the folder can be locked again; no file has to be deleted."""
    with locked(tmp_path / "new"):
        pass
    with locked(tmp_path / "new"):
        pass


def test_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    """When a file has the path of the folder, the message says so."""
    (tmp_path / "file").touch()

    with pytest.raises(NotStartedError, match="No se puede escribir en"), locked(tmp_path / "file"):
        pytest.fail("there is no such folder")
