"""Which computation, if any, is that of an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from src.service.direct.computation import Computation, Step
from src.service.direct.forest import forest
from src.service.direct.gradient_boosting import gradient_boosting
from src.service.direct.histogram_boosting import histogram_boosting
from src.service.direct.linear import linear
from src.service.direct.origin import origin
from src.service.direct.scaling import scaling

_KINDS: Final = (linear, forest, gradient_boosting, histogram_boosting)


def computation_of(estimator: Any, method: str) -> Computation | None:
    """The computation of a fitted estimator's method, or None when it is not one of the known ones.

    Args:
        estimator: A model, or a pipeline of transformers of numbers and a model.
        method: The method that answers.
    """
    where = origin(estimator, method)
    if where == "sklearn.pipeline.Pipeline":
        return _of_pipeline(estimator, method)
    if where == "sklearn.model_selection._search.BaseSearchCV":
        return computation_of(estimator.best_estimator_, method)
    return next(filter(None, (kind(estimator, method) for kind in _KINDS)), None)


def _of_pipeline(pipeline: Any, method: str) -> Computation | None:
    *transformers, (_name, model) = pipeline.steps
    last = computation_of(model, method)
    before = _transforms(transformers)
    if last is None or before is None:
        return None
    return replace(last, before=(*before, *last.before))


def _transforms(steps: Sequence[tuple[str, Any]]) -> list[Step] | None:
    """What the transformers do, one after the other; None when one of them is not known."""
    found: list[Step] = []
    for _name, transformer in steps:
        if transformer is None or transformer == "passthrough":
            continue
        if origin(transformer, "transform") == "sklearn.pipeline.Pipeline":
            inner = _transforms(transformer.steps)
        else:
            step = scaling(transformer)
            inner = None if step is None else [step]
        if inner is None:
            return None
        found += inner
    return found
