"""The columns of a model that was logged without a signature, found by what the model shows and by trying.

Kinds come from the fitted transformers and from the logged input example. Where both are silent, numbers and texts are
tried: the first choice that `mlflow.pyfunc` answers with a finite value is the one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from math import isfinite
from typing import Any, Final

import numpy as np

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.fitted_columns import FittedColumn, column_count, fitted_columns, takes_texts
from src.service.schema.column import Column, Kind
from src.service.schema.sample_rows import default_row
from src.service.schema.signature import Signature, numbered, text_signature

Answers = Callable[[Signature, dict[str, Any]], bool]
"""Whether `mlflow.pyfunc` has a finite answer for a row, given as a JSON object."""

_DTYPES: Final[dict[Kind, str]] = {
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "string": "str",
    "datetime": "datetime64[ns]",
    "any": "object",
}
_TRIED: Final[tuple[Kind, ...]] = ("number", "string", "any", "datetime")
_MAX_TRIES: Final = 64
_MAX_COLUMNS_ONE_BY_ONE: Final = 64
LOG_ONE: Final = "log the model with signature=infer_signature(X, model.predict(X)) or with input_example=X[:3]"


def find_signature(estimator: Any, example: Any, answers: Answers) -> Signature:
    """Find the columns of a model's input.

    Args:
        estimator: The loaded estimator.
        example: The logged input example as MLflow gives it, or None.
        answers: Asks `mlflow.pyfunc`.

    Raises:
        ModelRefusedError: When nothing tells the columns, or no choice of kinds is answered; says how to log one.
    """
    if takes_texts(estimator):
        return text_signature()
    names, named = _names(estimator, example)
    if not names:
        raise ModelRefusedError(
            f"the model has no signature and does not know the columns it was fitted with: {LOG_ONE}"
        )
    facts = fitted_columns(estimator, len(names))
    _add_example(facts, names, example)
    known = {name: fact.values for name, fact in zip(names, facts, strict=True) if len(fact.kinds) == 1}
    for kinds in islice(_choices(facts), _MAX_TRIES):
        columns = tuple(Column(name, kind, _DTYPES[kind]) for name, kind in zip(names, kinds, strict=True))
        signature = Signature(columns, named)
        if answers(signature, default_row(columns, known)):
            return _with_optional(signature, default_row(columns, known), answers)
    raise ModelRefusedError(
        f"the model has no signature, and neither numbers nor texts in its columns ({', '.join(names)[:200]}) get an "
        f"answer from mlflow.pyfunc: {LOG_ONE}"
    )


def complete_array(signature: Signature, estimator: Any, example: Any, answers: Answers) -> Signature:
    """Find what an array's signature leaves open: the kinds of objects, and which values may be missing.

    Args:
        signature: As it was logged.
        estimator: The loaded estimator.
        example: The logged input example as MLflow gives it, or None.
        answers: Asks `mlflow.pyfunc`.
    """
    columns = signature.columns
    names = [column.name for column in columns]
    facts = fitted_columns(estimator, len(columns))
    _add_example(facts, names, example)
    known = {name: fact.values for name, fact in zip(names, facts, strict=True) if len(fact.kinds) == 1}
    if signature.array_dtype == "object":
        for kinds in islice(_choices(facts), _MAX_TRIES):
            tried = replace(signature, columns=tuple(map(_of_objects, names, kinds)))
            row = default_row(tried.columns, known)
            if answers(tried, row):
                return _with_optional(tried, row, answers)
    elif all(column.kind == "number" for column in columns):
        row = default_row(columns, known)
        if answers(signature, row):
            return _with_optional(signature, row, answers)
    return signature


def _of_objects(name: str, kind: Kind) -> Column:
    """A column of an array of objects: a text is one there, and no NumPy string."""
    return Column(name, kind, "object" if kind == "string" else _DTYPES[kind])


def _names(estimator: Any, example: Any) -> tuple[list[str], bool]:
    """The names of the columns, and whether the model knows its columns by them."""
    fitted = getattr(estimator, "feature_names_in_", None)
    if fitted is not None:
        return [str(name) for name in fitted], True
    count = column_count(estimator)
    shown = [str(name) for name in getattr(example, "columns", [])]
    if shown and len(shown) == (count or len(shown)):
        return shown, all(isinstance(name, str) for name in example.columns)
    return numbered(count), False


def _add_example(facts: Sequence[FittedColumn], names: Sequence[str], example: Any) -> None:
    """What the input example's columns hold, where the estimator does not tell."""
    shape: tuple[int, ...] = getattr(example, "shape", ())
    if len(shape) != 2 or shape[1] != len(names) or not (hasattr(example, "iloc") or isinstance(example, np.ndarray)):  # noqa: PLR2004 - rows and columns
        return
    for place, fact in enumerate(facts):
        shown = example.iloc[:, place] if hasattr(example, "iloc") else example[:, place]
        values = [value for value in shown.tolist() if value is not None and value == value]  # noqa: PLR0124 - NaN differs from itself
        if fact.kinds or not values:
            continue
        types = {type(value) for value in values}
        if types <= {str}:
            fact.kinds, fact.values = ["string"], values
        elif types <= {bool}:
            fact.kinds = ["boolean"]
        elif types <= {int, float}:  # whole numbers in an example do not tell that fractions are refused
            fact.kinds, fact.values = ["number"], [float(value) for value in values if isfinite(value)]
        elif all(hasattr(value, "isoformat") for value in values):
            fact.kinds, fact.values = ["datetime"], [value.isoformat() for value in values]


def _choices(facts: Sequence[FittedColumn]) -> Iterator[tuple[Kind, ...]]:
    """Kinds for all columns: those that are known, and numbers or texts for the others, alike within a transformer."""
    groups = list(dict.fromkeys(fact.transformer for fact in facts if len(fact.kinds) != 1))
    for kinds in product(_TRIED, repeat=len(groups)):
        of_group = dict(zip(groups, kinds, strict=True))
        yield tuple(fact.kinds[0] if len(fact.kinds) == 1 else of_group[fact.transformer] for fact in facts)


def _with_optional(signature: Signature, row: dict[str, Any], answers: Answers) -> Signature:
    """Let those columns be missing without which the model still has an answer."""
    columns = signature.columns
    optional = replace(signature, columns=tuple(replace(column, required=False) for column in columns))
    if len(columns) > 1 and answers(optional, {}):
        return optional
    if len(columns) > _MAX_COLUMNS_ONE_BY_ONE:
        return signature
    found = []
    for place, column in enumerate(columns):
        alone = replace(column, required=False)
        tried = replace(signature, columns=(*columns[:place], alone, *columns[place + 1 :]))
        without = {name: value for name, value in row.items() if name != column.name}
        found.append(alone if answers(tried, without) else column)
    return replace(signature, columns=tuple(found))
