"""Compares an answer with the JSON that a document shows."""

from typing import Any, Final

_TOLERANCE: Final = 1.0


def resembles(found: Any, shown: Any) -> bool:
    """Whether an answer has the shape and the values of the document; fractions may differ a little."""
    if isinstance(shown, dict):
        return (
            isinstance(found, dict)
            and found.keys() == shown.keys()
            and all(resembles(found[key], shown[key]) for key in shown)
        )
    if isinstance(shown, list):
        return (
            isinstance(found, list)
            and len(found) == len(shown)
            and all(resembles(*pair) for pair in zip(found, shown, strict=True))
        )
    if isinstance(shown, float):
        return isinstance(found, float) and abs(found - shown) < _TOLERANCE
    return bool(found == shown)
