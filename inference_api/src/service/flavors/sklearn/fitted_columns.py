"""What a fitted estimator knows of its input columns: kinds, values that it was fitted with, marks of missing values.

scikit-learn keeps no types of columns, but its transformers show them: an encoder has the categories of its columns, an
imputer the mark that it looks for, a vectorizer of texts the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from src.service.schema.column import Kind
from src.service.schema.missing_values import Marker

_MAX_VALUES: Final = 20
_MAX_DEPTH: Final = 20
_WORDS_OF_A_TEXT: Final = 5


@dataclass(slots=True)
class FittedColumn:
    """What the transformers of one column show.

    Attributes:
        kinds: Kinds that were seen, in the order found; several contradict each other.
        values: Values that the column had when the model was fitted, as JSON holds them.
        markers: Marks of missing values that the transformers know.
        transformer: Number that the columns of one transformer share; they are likely of one kind.
    """

    kinds: list[Kind] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    transformer: int = 0


def fitted_columns(estimator: Any, count: int) -> list[FittedColumn]:
    """Look into an estimator and all that it passes its columns to.

    Args:
        estimator: A fitted estimator.
        count: How many columns its input has.

    Returns:
        One entry a column, in order; an empty one where nothing is known.
    """
    found = [FittedColumn() for _ in range(count)]
    _look(estimator, list(range(count)), found, _MAX_DEPTH)
    return found


def takes_texts(estimator: Any) -> bool:
    """Whether its input is a sequence of texts and not a table: the first thing it does is to count words."""
    if _is_vectorizer(estimator):
        return True
    steps = [step for _name, step in getattr(estimator, "steps", [])]
    if steps:
        return takes_texts(next((step for step in steps if not _is_nothing(step)), None))
    inner = [part for _name, part in getattr(estimator, "transformer_list", [])] or list(_inner_estimators(estimator))
    return bool(inner) and all(takes_texts(part) for part in inner if not _is_nothing(part))


def column_count(estimator: Any) -> int:
    """How many columns it was fitted with; 0 when it does not say."""
    return int(getattr(estimator, "n_features_in_", 0) or 0)


def _look(part: Any, places: Sequence[int], found: list[FittedColumn], depth: int) -> None:
    if not depth or not places or _is_nothing(part):
        return
    if hasattr(part, "transformers_"):
        _look_by_column(part, places, found, depth - 1)
    elif hasattr(part, "steps"):
        for _name, step in part.steps:
            _look(step, places, found, depth - 1)
            if not (_is_nothing(step) or _keeps_columns(step, len(places))):
                break
    elif hasattr(part, "transformer_list"):
        for _name, transformer in part.transformer_list:
            _look(transformer, places, found, depth - 1)
    else:
        _look_at(part, places, found)
        for inner in _inner_estimators(part):
            if column_count(inner) == len(places):
                _look(inner, places, found, depth - 1)


def _look_by_column(transformer: Any, places: Sequence[int], found: list[FittedColumn], depth: int) -> None:
    """Follow each part of a ColumnTransformer to its columns."""
    for number, (name, part, _columns) in enumerate(transformer.transformers_, 1):
        inputs = transformer._transformer_to_input_indices.get(name, ())  # noqa: SLF001 - whatever way they were given
        chosen = [places[place] for place in inputs]
        for place in chosen:
            found[place].transformer = number
        _look(part, chosen, found, depth)


def _look_at(part: Any, places: Sequence[int], found: list[FittedColumn]) -> None:
    if _is_vectorizer(part):
        for place in places:
            _add(found[place], "string", [_text(part)])
    categories = getattr(part, "categories_", None)
    if isinstance(categories, list) and len(categories) == len(places):
        for place, values in zip(places, categories, strict=True):
            _add_categories(found[place], np.asarray(values))
    if hasattr(part, "missing_values") and hasattr(part, "n_features_in_"):
        _look_at_imputer(part, places, found)


def _look_at_imputer(part: Any, places: Sequence[int], found: list[FittedColumn]) -> None:
    marker = _marker(part.missing_values)
    filled = np.asarray(getattr(part, "statistics_", ())).tolist()
    for number, place in enumerate(places):
        if marker is not None:
            found[place].markers.append(marker)
        if len(filled) == len(places) and isinstance(filled[number], str):
            _add(found[place], "string", [])


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
    """Which mark of a missing value this is, if any."""
    if value is None:
        return "none"
    if type(value).__name__ == "NAType":  # pandas.NA, which may not be imported here
        return "na"
    return "nan" if isinstance(value, float) and value != value else None  # noqa: PLR0124 - NaN differs from itself


def _is_vectorizer(part: Any) -> bool:
    return hasattr(part, "build_analyzer")  # the text vectorizers' own


def _text(vectorizer: Any) -> str:
    """A text of words that the vectorizer knows; one that hashes its words knows none, and takes any."""
    words = sorted(getattr(vectorizer, "vocabulary_", {}))
    return " ".join(words[:_WORDS_OF_A_TEXT]) or "text"


def _is_nothing(part: Any) -> bool:
    return part is None or isinstance(part, str)  # "passthrough", "drop"


def _keeps_columns(step: Any, count: int) -> bool:
    """Whether the next step sees the same columns in the same places: so it is after filling in missing values."""
    return hasattr(step, "missing_values") and getattr(step, "indicator_", None) is None and column_count(step) == count


def _inner_estimators(part: Any) -> Iterator[Any]:
    """The fitted estimators inside an ensemble, a search or a wrapper, other than one that is fed by the others."""
    for name, value in getattr(part, "__dict__", {}).items():
        if name.endswith("_") or name.startswith("_"):
            for inner in value if isinstance(value, list | tuple) else [value]:
                if isinstance(inner, type) or name == "final_estimator_":
                    continue
                if hasattr(inner, "get_params"):
                    yield inner
                elif hasattr(inner, "predict_proba") and hasattr(inner, "estimator"):  # of CalibratedClassifierCV
                    yield inner.estimator
