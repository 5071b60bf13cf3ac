"""The estimators inside an estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def sub_estimators(estimator: Any) -> list[Any]:
    """The estimator and all inside it: steps of a pipeline, members of an ensemble, the best one of a search."""
    found: dict[int, Any] = {}
    pending = [estimator]
    while pending:
        current = pending.pop()
        if id(current) not in found:
            found[id(current)] = current
            pending += _estimators_in(list(getattr(current, "__dict__", {}).values()))
    return list(found.values())


def remove_feature_names(estimator: Any) -> Callable[[], None]:
    """Remove `feature_names_in_` from an estimator and its sub-estimators, so that an array causes no warning.

    Returns:
        A function that restores them.
    """
    named = [
        (part, vars(part)["feature_names_in_"])
        for part in sub_estimators(estimator)
        if "feature_names_in_" in getattr(part, "__dict__", {})
    ]
    for part, _names in named:
        del part.feature_names_in_

    def restore() -> None:
        for part, names in named:
            part.feature_names_in_ = names

    return restore


def _estimators_in(values: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _estimators_in(value)
        elif not isinstance(value, type) and (hasattr(value, "get_params") or hasattr(value, "predict_proba")):
            yield value
