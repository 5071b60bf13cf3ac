"""One stack per data folder."""

import os
from pathlib import Path

import pytest

from local_stack.errors import NotStartedError
from local_stack.lock import locked


def test_a_second_stack_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Two MLflow servers on one SQLite file would write over each other; the message says who runs."""
    with locked(tmp_path), pytest.raises(NotStartedError, match=f"PID {os.getpid()}"), locked(tmp_path):
        pytest.fail("the folder was given twice")


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    """The lock goes with its holder, not with a file that someone must delete."""
    with locked(tmp_path / "new"):
        pass
    with locked(tmp_path / "new"):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(NotStartedError, match="No se puede escribir en"), locked(tmp_path / "file"):
        pytest.fail("there is no such folder")
