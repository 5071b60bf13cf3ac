"""Trees of dataclasses out of plain JSON, by the types of their fields."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def load(kind: type[T], data: Any) -> T:
    """Build a value; a field that the data lack keeps its default, and one that the class lacks is left out.

    Args:
        kind: A dataclass.
        data: What `dataclasses.asdict` made of it, perhaps after a way through JSON.
    """
    return cast(T, _load(kind, data))


def _load(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_load(get_args(kind)[0], item) for item in data)
    if origin is dict:
        return {key: _load(get_args(kind)[1], item) for key, item in data.items()}
    if origin in (Union, types.UnionType):
        some = next(one for one in get_args(kind) if one is not types.NoneType)
        return None if data is None else _load(some, data)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind) if field.name in data]
        return cast(Any, kind)(**{name: _load(hints[name], data[name]) for name in names})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    return data
