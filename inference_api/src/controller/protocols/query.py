"""Reads parameters of a query string."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from src.errors import FieldProblem, InvalidParameterError

_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}


def flag(query: str, name: str) -> bool:
    """The value of a parameter that is true or false; the last one counts, and without one it is false.

    Args:
        query: The query string without its question mark.
        name: Name of the parameter.

    Raises:
        InvalidParameterError: When the value is another word.
    """
    values = [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name] if query else []
    if not values:
        return False
    value = _WORDS.get(values[-1].lower())
    if value is None:
        raise InvalidParameterError(
            f"the parameter {name} must be true or false", (FieldProblem(name, "must be true or false"),)
        )
    return value
