"""Finds the direct computation of an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from src.service.flavors.computation import Computation, Step
from src.service.flavors.sklearn.direct.column_transformer import column_extraction
from src.service.flavors.sklearn.direct.defining_class import defining_class, transform_class
from src.service.flavors.sklearn.direct.forest import forest
from src.service.flavors.sklearn.direct.gradient_boosting import gradient_boosting
from src.service.flavors.sklearn.direct.histogram_boosting import histogram_boosting
from src.service.flavors.sklearn.direct.imputing import imputing
from src.service.flavors.sklearn.direct.linear import linear
from src.service.flavors.sklearn.direct.scaling import scaling
from src.service.schema.column import Column

_PIPELINE: Final = "sklearn.pipeline.Pipeline"
_FINDERS: Final = (linear, forest, gradient_boosting, histogram_boosting)


def find_computation(estimator: Any, method: str, columns: Sequence[Column] = ()) -> Computation | None:
    """The computation of a fitted estimator's method, or None when none is known.

    Args:
        estimator: A model, or a pipeline of transformers and a model.
        method: The method that predicts.
        columns: The columns of a row, for a pipeline that begins with a ColumnTransformer.
    """
    where = defining_class(estimator, method)
    if where == _PIPELINE:
        return _of_pipeline(estimator, method, columns)
    if where == "sklearn.model_selection._search.BaseSearchCV":
        return find_computation(estimator.best_estimator_, method, columns)
    return next(filter(None, (find(estimator, method) for find in _FINDERS)), None)


def _of_pipeline(pipeline: Any, method: str, columns: Sequence[Column]) -> Computation | None:
    *transformers, model = [step for _name, step in pipeline.steps]
    last = find_computation(model, method)
    extract = column_extraction(transformers[0], columns, _transforms) if transformers else None
    transforms = _transforms(transformers if extract is None else transformers[1:])
    if last is None or last.extract is not None or transforms is None:
        return None
    return replace(last, transforms=(*transforms, *last.transforms), extract=extract)


def _transforms(transformers: Sequence[Any]) -> list[Step] | None:
    """The steps of consecutive transformers of numbers; None when one of them is not known."""
    found: list[Step] = []
    for transformer in transformers:
        where = transform_class(transformer)
        if _is_identity(transformer, where):
            continue
        if where == _PIPELINE:
            inner = _transforms([step for _name, step in transformer.steps])
        else:
            step = scaling(transformer) or imputing(transformer)
            inner = None if step is None else [step]
        if inner is None:
            return None
        found += inner
    return found


def _is_identity(transformer: Any, where: str) -> bool:
    if where == "sklearn.preprocessing._function_transformer.FunctionTransformer":
        return transformer.func is None  # a ColumnTransformer replaces "passthrough" by it
    return transformer is None or (isinstance(transformer, str) and transformer == "passthrough")
