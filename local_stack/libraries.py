"""The installed libraries under a path without `%`.

MLflow hands the folder of its database migrations to Alembic, where a `%` begins a placeholder: in a project folder
named `100% listo` its server would not start. So MLflow imports the libraries through a symbolic link.
"""

import contextlib
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local_stack.errors import NotStartedError


@contextlib.contextmanager
def importable_libraries(installed: Path | None = None) -> Iterator[Path | None]:
    """Yield a folder for PYTHONPATH that exists until the block ends; None when the libraries' own path can be used.

    Args:
        installed: Folder of the libraries; by default that of this Python.
    """
    installed = installed or Path(sysconfig.get_path("purelib"))
    if "%" not in str(installed):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="taller5-") as folder:
        if "%" in folder:
            raise NotStartedError(
                f"MLflow no arranca en una carpeta con % en su nombre, y la temporal también lo tiene: {folder}. "
                "Elige otra: TMPDIR=/tmp make run"
            )
        link = Path(folder) / "libraries"
        link.symlink_to(installed.absolute(), target_is_directory=True)
        yield link
