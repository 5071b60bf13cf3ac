"""One stack per data folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from local_stack.errors import NotStartedError


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Lock the folder for this process; the kernel releases the lock however the process ends."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise NotStartedError(f"No se puede escribir en {home}: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise NotStartedError(
                f"Ya hay un `make run` con los datos de {home} (PID {file.read() or '?'}). "
                "Otro a la vez: make run LOCAL_STACK_HOME=otra-carpeta API_PORT=8001 MLFLOW_PORT=8006"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
