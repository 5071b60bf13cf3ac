"""What a fitted estimator shows about its input columns: kinds, values at fitting, markers of missing values.

scikit-learn does not store the types of columns, but its transformers show them: an encoder has the categories of its
columns, an imputer the marker of missing values, a text vectorizer the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.interface import FittedColumn, FittedInput
from src.service.schema.column import Kind
from src.service.schema.missing_values import Marker

_MAX_VALUES: Final = 20
_MAX_DEPTH: Final = 20
_WORDS_PER_TEXT: Final = 5


def find_fitted_columns(estimator: Any, count: int) -> list[FittedColumn]:
    """Inspect an estimator and all sub-estimators that its columns are passed to.

    Args:
        estimator: A fitted estimator.
        count: Number of its input columns.

    Returns:
        One entry per column, in order; an empty one where nothing is known.
    """
    found = [FittedColumn() for _ in range(count)]
    _inspect(estimator, found, _MAX_DEPTH)
    return found


def fitted_input(estimator: Any) -> FittedInput:
    """The names and the number of the columns that an estimator was fitted with."""
    names = getattr(estimator, "feature_names_in_", None)
    texts = _takes_texts(estimator)
    return FittedInput(None if names is None else [str(name) for name in names], _column_count(estimator), texts)


def _takes_texts(estimator: Any) -> bool:
    """Whether the first step that does anything is a text vectorizer."""
    if _is_vectorizer(estimator):
        return True
    steps = [step for _name, step in getattr(estimator, "steps", [])]
    if steps:
        return _takes_texts(next((step for step in steps if not _is_no_op(step)), None))
    inner = [part for _name, part in getattr(estimator, "transformer_list", [])] or list(_inner_estimators(estimator))
    return bool(inner) and all(_takes_texts(part) for part in inner if not _is_no_op(part))


def _column_count(estimator: Any) -> int:
    return int(getattr(estimator, "n_features_in_", 0) or 0)


def _inspect(estimator: Any, columns: Sequence[FittedColumn], depth: int) -> None:
    """Add to the columns, which are the input of the estimator, what it and its sub-estimators show."""
    if not depth or not columns or _is_no_op(estimator):
        return
    if hasattr(estimator, "transformers_"):
        _inspect_column_transformer(estimator, columns, depth - 1)
    elif hasattr(estimator, "steps"):
        for _name, step in estimator.steps:
            _inspect(step, columns, depth - 1)
            if not (_is_no_op(step) or _keeps_columns(step, len(columns))):
                break
    elif hasattr(estimator, "transformer_list"):
        for _name, transformer in estimator.transformer_list:
            _inspect(transformer, columns, depth - 1)
    else:
        _inspect_attributes(estimator, columns)
        for inner in _inner_estimators(estimator):
            if _column_count(inner) == len(columns):
                _inspect(inner, columns, depth - 1)


def _inspect_column_transformer(transformer: Any, columns: Sequence[FittedColumn], depth: int) -> None:
    for number, (name, part, _columns) in enumerate(transformer.transformers_, 1):
        indices = transformer._transformer_to_input_indices.get(name, ())  # noqa: SLF001 - in whatever form they were given
        chosen = [columns[index] for index in indices]
        for column in chosen:
            column.transformer = number
        _inspect(part, chosen, depth)


def _inspect_attributes(estimator: Any, columns: Sequence[FittedColumn]) -> None:
    if _is_vectorizer(estimator):
        for column in columns:
            _add(column, "string", [_text(estimator)])
    categories = getattr(estimator, "categories_", None)
    if isinstance(categories, list) and len(categories) == len(columns):
        for column, values in zip(columns, categories, strict=True):
            _add_categories(column, np.asarray(values))
    if hasattr(estimator, "missing_values") and hasattr(estimator, "n_features_in_"):
        _inspect_imputer(estimator, columns)


def _inspect_imputer(imputer: Any, columns: Sequence[FittedColumn]) -> None:
    marker = _marker(imputer.missing_values)
    filled = np.asarray(getattr(imputer, "statistics_", ())).tolist()
    for number, column in enumerate(columns):
        if marker is not None:
            column.markers.append(marker)
        if len(filled) == len(columns) and isinstance(filled[number], str):
            _add(column, "string", [])


def _add_categories(column: FittedColumn, categories: np.ndarray[Any, Any]) -> None:
    values = categories.tolist()
    for value in values:
        marker = _marker(value)
        if marker is not None:
            column.markers.append(marker)
    known = [value for value in values if _marker(value) is None]
    kind = _kind(categories, known)
    if kind is not None:
        seen = [str(value) for value in categories.astype("datetime64[s]")] if kind == "datetime" else known
        _add(column, kind, seen[:_MAX_VALUES])


def _kind(categories: np.ndarray[Any, Any], known: list[Any]) -> Kind | None:
    if categories.dtype.kind == "M":
        return "datetime"
    types = {type(value) for value in known}
    if not types:
        return None
    if types <= {str}:
        return "string"
    if types <= {bool}:
        return "boolean"
    if types <= {int}:
        return "integer"
    return "number" if types <= {int, float} else "any"


def _add(column: FittedColumn, kind: Kind, values: list[Any]) -> None:
    if kind not in column.kinds:
        column.kinds.append(kind)
    column.values += [value for value in values if value not in column.values]


def _marker(value: Any) -> Marker | None:
    """The marker of missing values that a value is, if it is one."""
    if value is None:
        return "none"
    if type(value).__name__ == "NAType":  # pandas.NA, which may not be imported here
        return "na"
    return "nan" if isinstance(value, float) and value != value else None  # noqa: PLR0124 - NaN differs from itself


def _is_vectorizer(estimator: Any) -> bool:
    return hasattr(estimator, "build_analyzer")  # only text vectorizers have it


def _text(vectorizer: Any) -> str:
    """A text of words from the vocabulary; a hashing vectorizer has no vocabulary and takes any text."""
    words = sorted(getattr(vectorizer, "vocabulary_", {}))
    return " ".join(words[:_WORDS_PER_TEXT]) or "text"


def _is_no_op(step: Any) -> bool:
    return step is None or isinstance(step, str)  # "passthrough", "drop"


def _keeps_columns(step: Any, count: int) -> bool:
    """Whether the step's output has the same columns in the same order, as that of an imputer without indicators."""
    return (
        hasattr(step, "missing_values") and getattr(step, "indicator_", None) is None and _column_count(step) == count
    )


def _inner_estimators(estimator: Any) -> Iterator[Any]:
    """The fitted estimators inside an ensemble, a search or a wrapper, without the final one of a stack."""
    for name, value in getattr(estimator, "__dict__", {}).items():
        if name.endswith("_") or name.startswith("_"):
            for inner in value if isinstance(value, list | tuple) else [value]:
                if isinstance(inner, type) or name == "final_estimator_":
                    continue
                if hasattr(inner, "get_params"):
                    yield inner
                elif hasattr(inner, "predict_proba") and hasattr(inner, "estimator"):  # of CalibratedClassifierCV
                    yield inner.estimator
