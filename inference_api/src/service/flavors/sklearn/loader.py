"""Loads an estimator from a model file without running code from the file."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from src.errors import ModelRefusedError
from src.service.flavors.lazy_imports import deferred_imports
from src.service.flavors.sklearn.estimator_types import import_modules_of, without_estimator_scan
from src.service.flavors.sklearn.skops_audit import Audit

_LOG: Final = logging.getLogger(__name__)


def load_estimator(
    path: Path, serialization_format: str, *, allow_pickle: bool, also_trusted: Collection[str] = ()
) -> Any:
    """Load an estimator that MLflow saved with scikit-learn's formats.

    Args:
        path: The model file.
        serialization_format: `skops`, `pickle` or `cloudpickle`, from the MLmodel file.
        allow_pickle: Whether formats that run code from the file may be loaded.
        also_trusted: Classes of another library that a skops file may name; the library is imported before.

    Raises:
        ModelRefusedError: For a format or a type that is not trusted, or a file that cannot be read.
    """
    if serialization_format == "skops":
        return load_skops(path, also_trusted)
    if serialization_format not in {"pickle", "cloudpickle"}:
        raise ModelRefusedError(f"the model's serialization format {serialization_format!r} is unknown")
    if not allow_pickle:
        raise ModelRefusedError(
            f"the model is stored as {serialization_format}, which runs code of its author when it is loaded; "
            "log it in the skops format, or set ALLOW_PICKLE=true when you trust everybody who can register models"
        )
    import cloudpickle  # noqa: PLC0415 - needed only where it is allowed

    try:
        with path.open("rb") as file:
            return cloudpickle.load(file)
    except Exception as error:
        raise ModelRefusedError(f"the {serialization_format} file cannot be loaded: {_reason(error)}") from error


def load_skops(path: Path, also_trusted: Collection[str] = ()) -> Any:
    """Load an estimator from a skops file whose types are all trusted.

    Args:
        path: The file.
        also_trusted: See `load_estimator`.

    Raises:
        ModelRefusedError: For a type that is not trusted or does not exist, or a file that cannot be read.
    """
    try:
        with deferred_imports():
            with without_estimator_scan():
                import skops.io  # noqa: F401, PLC0415 - it imports scikit-learn, which is not needed before the first model
            import_modules_of(path)
        return _audited(path, also_trusted)
    except ModelRefusedError:
        raise
    except Exception as error:
        raise ModelRefusedError(f"the skops file cannot be loaded: {_reason(error)}") from error


@contextmanager
def audited_skops_files(also_trusted: Collection[str] = ()) -> Iterator[None]:
    """A block in which `skops.io.load` is `load_skops`, so that MLflow loads trusted types only.

    MLflow takes the list of trusted types from the model itself, and loads also the attributes that the audit removes.
    """
    import skops.io  # noqa: PLC0415 - as above

    def load(file: str | Path, trusted: object = None) -> Any:  # noqa: ARG001 - the model's own list is ignored
        return load_skops(Path(file), also_trusted)

    original = skops.io.load
    skops.io.load = load
    try:
        yield
    finally:
        skops.io.load = original


def _audited(path: Path, also_trusted: Collection[str]) -> Any:
    # Like `skops.io.load`, with another audit. The imported names are private; the version of skops is pinned.
    from skops.io._audit import get_tree  # noqa: PLC0415 - as above
    from skops.io._utils import read_schema  # noqa: PLC0415 - as above

    with ZipFile(path) as file:
        schema, context = read_schema(file)
        tree = get_tree(schema, context, trusted=None)
    audit = Audit.of(tree, also_trusted)
    if audit.refused:
        raise _not_trusted(audit.refused)
    if audit.missing:
        raise _missing(audit.missing)
    estimator = tree.construct()
    if readers := audit.file_readers():
        raise _not_trusted(readers)
    if audit.left_out:
        _LOG.info("left out of the model, because predicting does not use it: %s", ", ".join(sorted(audit.left_out)))
    return estimator


def _not_trusted(names: Iterable[str]) -> ModelRefusedError:
    return ModelRefusedError(
        f"the model file holds types that are not trusted: {', '.join(sorted(names))}; use transformers of "
        "scikit-learn and functions of NumPy in their place, or log the model in the cloudpickle format and set "
        "ALLOW_PICKLE=true when you trust everybody who can register models"
    )


def _missing(names: Iterable[str]) -> ModelRefusedError:
    import sklearn  # noqa: PLC0415 - as above

    return ModelRefusedError(
        f"the model file names what scikit-learn {sklearn.__version__} does not have: {', '.join(sorted(names))}; "
        "train the model again with this version"
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
