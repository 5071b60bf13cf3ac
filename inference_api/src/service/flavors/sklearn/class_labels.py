"""The classes of a fitted scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from src.errors import NoProbabilitiesError


def class_labels(estimator: Any) -> list[Any]:
    """The classes, in the order of the columns of `predict_proba`, as plain values.

    Raises:
        NoProbabilitiesError: When the estimator has no such method, no classes, or classes of several outputs.
    """
    name = type(estimator).__name__
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise NoProbabilitiesError(f"{name} has no classes")
    if not hasattr(estimator, "predict_proba"):  # for a meta-estimator or SVC it depends on what it was made of
        raise NoProbabilitiesError(f"{name} has no method predict_proba")
    if isinstance(classes, list) or np.ndim(classes) != 1:
        raise NoProbabilitiesError(f"{name} has classes of several outputs")
    labels: list[Any] = np.asarray(classes).tolist()
    return labels
