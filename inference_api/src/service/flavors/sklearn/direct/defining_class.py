"""The class that defines a method of an estimator."""

from __future__ import annotations

from typing import Any


def defining_class(estimator: Any, method: str) -> str:
    """The full name of the class that defines the method of the estimator; empty when none does.

    A method that is overridden in a subclass, or on the object itself, is not scikit-learn's computation any more.
    Names are compared, because importing the classes would import modules that the model may not need.
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
    """The class that defines `transform`; empty also for a transformer that is configured to return a DataFrame."""
    output = getattr(transformer, "_sklearn_output_config", {}).get("transform", "default")
    return defining_class(transformer, "transform") if output == "default" else ""
