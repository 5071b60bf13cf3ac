"""The estimators inside an estimator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def parts(estimator: Any) -> list[Any]:
    """The estimator and all inside it: steps of a pipeline, members of an ensemble, the winner of a search."""
    found: dict[int, Any] = {}
    pending = [estimator]
    while pending:
        part = pending.pop()
        if id(part) not in found:
            found[id(part)] = part
            pending += _inside(list(getattr(part, "__dict__", {}).values()))
    return list(found.values())


def _inside(values: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _inside(value)
        elif not isinstance(value, type) and (hasattr(value, "get_params") or hasattr(value, "predict_proba")):
            yield value
