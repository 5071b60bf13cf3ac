"""Where a method of an estimator comes from."""

from __future__ import annotations

from typing import Any


def defining_class(estimator: Any, method: str) -> str:
    """The full name of the class that defines what a method call on the estimator runs; empty when none does.

    An author may override `predict` in a subclass, or on the very object: neither is scikit-learn's computation any
    more. Names, because importing the classes to compare them with would load modules that the model may not need.
    """
    if method in getattr(estimator, "__dict__", {}):
        return ""
    for kind in type(estimator).__mro__:
        if method in vars(kind):
            return f"{kind.__module__}.{kind.__qualname__}"
    return ""


def defining_classes(estimator: Any, *methods: str) -> set[str]:
    """The classes that define any of the methods."""
    return {defining_class(estimator, method) for method in methods}


def transform_class(transformer: Any) -> str:
    """The class that defines what a transformer does; empty also when it was told to make a DataFrame of the result."""
    told = getattr(transformer, "_sklearn_output_config", {}).get("transform", "default")
    return defining_class(transformer, "transform") if told == "default" else ""
