"""Infers the columns of a model that was logged without a signature.

The kinds of columns come from the fitted transformers and from the logged input example. Where neither shows them,
kinds are tried: the first choice for which `mlflow.pyfunc` predicts a finite value is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from math import isfinite
from typing import Any, Final

import numpy as np

from src.errors import ModelRefusedError
from src.service.flavors.interface import FittedColumn, FittedInput, Flavor
from src.service.schema.column import Column, Kind
from src.service.schema.sample_rows import default_row
from src.service.schema.signature import Signature, numbered, text_signature

HasAnswer = Callable[[Signature, dict[str, Any]], bool]
"""Whether `mlflow.pyfunc` predicts a finite value for a row, given as a JSON object."""

_DTYPES: Final[dict[Kind, str]] = {
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "string": "str",
    "datetime": "datetime64[ns]",
    "any": "object",
}
_CANDIDATE_KINDS: Final[tuple[Kind, ...]] = ("number", "string", "any", "datetime")
_MAX_TRIES: Final = 64
_MAX_COLUMNS_ONE_BY_ONE: Final = 64
LOG_ONE: Final = "log the model with signature=infer_signature(X, model.predict(X)) or with input_example=X[:3]"


def find_signature(flavor: Flavor, estimator: Any, example: Any, has_answer: HasAnswer) -> Signature:
    """Find the columns of a model's input.

    Args:
        flavor: The model's flavor.
        estimator: The loaded estimator.
        example: The logged input example as MLflow gives it, or None.
        has_answer: Calls `mlflow.pyfunc`.

    Raises:
        ModelRefusedError: When the columns cannot be found; tells how to log a signature.
    """
    fitted = flavor.fitted_input(estimator)
    if fitted.texts:
        return text_signature()
    names, named = _names(fitted, example)
    if not names:
        raise ModelRefusedError(
            f"the model has no signature and does not know the columns it was fitted with: {LOG_ONE}"
        )
    shown = flavor.fitted_columns(estimator, len(names))
    _add_example(shown, names, example)
    known = _known_values(names, shown)
    for kinds in islice(_choices(shown), _MAX_TRIES):
        columns = tuple(Column(name, kind, _DTYPES[kind]) for name, kind in zip(names, kinds, strict=True))
        signature = Signature(columns, named)
        row = default_row(columns, known)
        if has_answer(signature, row):
            return _with_optional(signature, row, has_answer)
    raise ModelRefusedError(
        f"the model has no signature, and neither numbers nor texts in its columns ({', '.join(names)[:200]}) get an "
        f"answer from mlflow.pyfunc: {LOG_ONE}"
    )


def complete_array(
    signature: Signature, flavor: Flavor, estimator: Any, example: Any, has_answer: HasAnswer
) -> Signature:
    """Find what an array's signature does not tell: the kinds of objects, and which values may be missing.

    Args:
        signature: The logged signature.
        flavor: The model's flavor.
        estimator: The loaded estimator.
        example: The logged input example as MLflow gives it, or None.
        has_answer: Calls `mlflow.pyfunc`.
    """
    columns = signature.columns
    names = [column.name for column in columns]
    shown = flavor.fitted_columns(estimator, len(columns))
    _add_example(shown, names, example)
    known = _known_values(names, shown)
    if signature.array_dtype == "object":
        for kinds in islice(_choices(shown), _MAX_TRIES):
            candidate = replace(signature, columns=tuple(map(_object_column, names, kinds)))
            row = default_row(candidate.columns, known)
            if has_answer(candidate, row):
                return _with_optional(candidate, row, has_answer)
    elif all(column.kind == "number" for column in columns):
        row = default_row(columns, known)
        if has_answer(signature, row):
            return _with_optional(signature, row, has_answer)
    return signature


def _object_column(name: str, kind: Kind) -> Column:
    """A column of an array of objects, where a text is a Python object and not a NumPy string."""
    return Column(name, kind, "object" if kind == "string" else _DTYPES[kind])


def _names(fitted: FittedInput, example: Any) -> tuple[list[str], bool]:
    """The names of the columns, and whether the model gets its columns by name."""
    if fitted.names is not None:
        return fitted.names, True
    of_example = [str(name) for name in getattr(example, "columns", [])]
    if of_example and len(of_example) == (fitted.count or len(of_example)):
        return of_example, all(isinstance(name, str) for name in example.columns)
    return numbered(fitted.count), False


def _known_values(names: Sequence[str], shown: Sequence[FittedColumn]) -> dict[str, list[Any]]:
    """Values of the columns whose kind is certain."""
    return {name: column.values for name, column in zip(names, shown, strict=True) if len(column.kinds) == 1}


def _add_example(shown: Sequence[FittedColumn], names: Sequence[str], example: Any) -> None:
    """Add the kinds and values of the input example to columns whose kind the estimator does not show."""
    shape: tuple[int, ...] = getattr(example, "shape", ())
    if len(shape) != 2 or shape[1] != len(names) or not (hasattr(example, "iloc") or isinstance(example, np.ndarray)):  # noqa: PLR2004 - rows and columns
        return
    for index, column in enumerate(shown):
        cells = example.iloc[:, index] if hasattr(example, "iloc") else example[:, index]
        values = [value for value in cells.tolist() if value is not None and value == value]  # noqa: PLR0124 - NaN differs from itself
        if column.kinds or not values:
            continue
        types = {type(value) for value in values}
        if types <= {str}:
            column.kinds, column.values = ["string"], values
        elif types <= {bool}:
            column.kinds = ["boolean"]
        elif types <= {int, float}:  # integers in an example do not prove that the model refuses fractions
            column.kinds, column.values = ["number"], [float(value) for value in values if isfinite(value)]
        elif all(hasattr(value, "isoformat") for value in values):
            column.kinds, column.values = ["datetime"], [value.isoformat() for value in values]


def _choices(shown: Sequence[FittedColumn]) -> Iterator[tuple[Kind, ...]]:
    """Choices of kinds for all columns: the known kinds, and a candidate for each transformer with unknown ones."""
    groups = list(dict.fromkeys(column.transformer for column in shown if len(column.kinds) != 1))
    for kinds in product(_CANDIDATE_KINDS, repeat=len(groups)):
        of_group = dict(zip(groups, kinds, strict=True))
        yield tuple(column.kinds[0] if len(column.kinds) == 1 else of_group[column.transformer] for column in shown)


def _with_optional(signature: Signature, row: dict[str, Any], has_answer: HasAnswer) -> Signature:
    """Make those columns optional without which the model still predicts."""
    columns = signature.columns
    optional = replace(signature, columns=tuple(replace(column, required=False) for column in columns))
    if len(columns) > 1 and has_answer(optional, {}):
        return optional
    if len(columns) > _MAX_COLUMNS_ONE_BY_ONE:
        return signature
    found = []
    for index, column in enumerate(columns):
        optional_column = replace(column, required=False)
        candidate = replace(signature, columns=(*columns[:index], optional_column, *columns[index + 1 :]))
        without = {name: value for name, value in row.items() if name != column.name}
        found.append(optional_column if has_answer(candidate, without) else column)
    return replace(signature, columns=tuple(found))
