"""With which scikit-learn a model was saved, and with which it is served."""

from __future__ import annotations


def served_with() -> str:
    """The version of scikit-learn here."""
    import sklearn  # noqa: PLC0415 - loaded with the first model, not before

    return str(sklearn.__version__)


def both_versions(saved_with: str) -> str:
    """Both versions in words: where a model fails, their difference is the likeliest reason.

    Args:
        saved_with: The version that the model was saved with, or empty.
    """
    return f"saved with scikit-learn {saved_with or 'of an unknown version'}, served with {served_with()}"
