"""The version of scikit-learn that a model was saved with, and the installed one."""

from __future__ import annotations


def installed_version() -> str:
    """Version of the installed scikit-learn."""
    import sklearn  # noqa: PLC0415 - imported with the first model, not before

    return str(sklearn.__version__)


def both_versions(saved_with: str) -> str:
    """Both versions, for an error message: their difference is the most likely reason why a model fails.

    Args:
        saved_with: The version that the model was saved with, or empty.
    """
    return f"saved with scikit-learn {saved_with or 'of an unknown version'}, served with {installed_version()}"
