"""What every flavor checks in an MLmodel file before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from src.errors import ModelRefusedError


def configurations(mlmodel: Mapping[str, Any], flavor: str, file_key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration of a flavor, and the one of `python_function`, which `mlflow.pyfunc` reads.

    `mlflow.pyfunc` loads the file that `python_function` names. It looks for the format in the MLmodel file of the
    folder of that file, and takes the file for a pickle when there is none. So it must be the file of the flavor.

    Args:
        mlmodel: The parsed MLmodel file.
        flavor: A key under `flavors`.
        file_key: The key of the flavor's configuration that has the path of the model file.

    Raises:
        ModelRefusedError: When the model cannot predict, brings its own code, or `python_function` names another file.
    """
    library, pyfunc = mlmodel["flavors"][flavor], mlmodel["flavors"].get("python_function")
    if not pyfunc:
        raise ModelRefusedError("the estimator has no method predict, so that MLflow logged nothing that answers")
    if pyfunc.get("code") or library.get("code"):
        raise ModelRefusedError("the model brings code of its own (code_paths), which this service does not run")
    file = library[file_key]
    named = (pyfunc.get("data", file), pyfunc.get("model_path", file))
    if named != (file, file) or ("data" in pyfunc and "/" in file):
        raise ModelRefusedError(
            f"python_function of the MLmodel file names another model file than {flavor}, which names {file!r}: "
            "it must be the same, in the folder of the MLmodel file"
        )
    return library, pyfunc
