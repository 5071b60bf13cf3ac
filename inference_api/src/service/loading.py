"""A model file becomes an estimator, without running code that the file brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from src.errors import ModelRefusedError
from src.service.deferral import deferred_imports
from src.service.estimator_types import estimators_among, import_modules_of, no_survey
from src.service.trusted_types import TRUSTED_TYPES


def load_estimator(path: Path, serialization_format: str, *, allow_pickle: bool) -> Any:
    """Load the estimator of an MLflow scikit-learn model.

    Args:
        path: The model file.
        serialization_format: `skops`, `pickle` or `cloudpickle`, as the flavor's configuration says.
        allow_pickle: Whether formats that run code of their author may be loaded.

    Raises:
        ModelRefusedError: For a format or a type that is not trusted, or a file that cannot be read.
    """
    if serialization_format == "skops":
        return _load_skops(path)
    if serialization_format not in {"pickle", "cloudpickle"}:
        raise ModelRefusedError(f"the model's serialization format {serialization_format!r} is unknown")
    if not allow_pickle:
        raise ModelRefusedError(
            f"the model is stored as {serialization_format}, which runs code of its author when it is loaded; "
            "log it in the skops format, or set ALLOW_PICKLE=true when you trust everybody who can register models"
        )
    import cloudpickle  # noqa: PLC0415 - only for those who allowed it

    try:
        with path.open("rb") as file:
            return cloudpickle.load(file)
    except Exception as error:
        raise ModelRefusedError(f"the {serialization_format} file cannot be loaded: {_sentence(error)}") from error


def _load_skops(path: Path) -> Any:
    try:
        with deferred_imports():
            with no_survey():
                import skops.io  # noqa: PLC0415 - scikit-learn comes with it; the process is live before
            import_modules_of(path)
        types = set(skops.io.get_untrusted_types(file=path))
        unknown = sorted(types - TRUSTED_TYPES - estimators_among(types - TRUSTED_TYPES))
        if unknown:
            raise ModelRefusedError(f"the model file holds types that are not trusted: {', '.join(unknown)}")
        return skops.io.load(path, trusted=sorted(types))
    except ModelRefusedError:
        raise
    except Exception as error:
        raise ModelRefusedError(f"the skops file cannot be loaded: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
