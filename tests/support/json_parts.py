"""The parts of a JSON value, and copies of it with one of them replaced."""

from collections.abc import Iterator
from typing import Any


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    yield place
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*place, key))


def replaced(value: Any, place: tuple[Any, ...], part: Any) -> Any:
    """A copy with one part replaced; without it when the part is the ellipsis."""
    if not place:
        return part
    copy = value.copy()
    if part is ... and len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = replaced(value[place[0]], place[1:], part)
    return copy
