"""The marker of missing values in a model's input: None, NaN or pandas' NA.

JSON has one null and pandas has three markers, of which a model may support only one: an imputer replaces the one that
it was fitted with, and for an encoder with the category None a NaN is an unknown value. The fitted transformers show
the right one (`Flavor.fitted_columns`); where they do not, predictions are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import Final, Literal

from src.service.schema.column import Column, Kind

Marker = Literal["nan", "none", "na"]
"""NaN (NaT for a datetime), None, or pandas' NA in a column of a nullable dtype."""

# The first one is what pandas reads from an empty cell of a file, and MLflow accepts it.
MARKERS: Final[dict[Kind, tuple[Marker, ...]]] = {
    "number": ("nan", "none"),
    "integer": ("nan", "na", "none"),
    "boolean": ("none", "nan", "na"),
    "string": ("nan", "none", "na"),
    "datetime": ("nan",),
    "any": ("none", "nan"),
}
MAX_CHOICES: Final = 16


def default_markers(columns: Sequence[Column]) -> tuple[Marker, ...]:
    """The first marker of each column's kind."""
    return tuple(MARKERS[column.kind][0] for column in columns)


def marker_choices(columns: Sequence[Column], fitted: Sequence[Sequence[Marker]]) -> list[tuple[Marker, ...]]:
    """Combinations of markers, one per column, the most likely first.

    Args:
        columns: The columns of a row.
        fitted: For each column, the markers that the transformers were fitted with.

    Returns:
        At least one combination, and only a few: all of them would be too many to try.
    """
    ranked = [_ranked(column, known) for column, known in zip(columns, fitted, strict=True)]
    most_likely = tuple(markers[0] for markers in ranked)
    uniform: list[tuple[Marker, ...]] = [
        tuple(marker if marker in markers else markers[0] for markers in ranked) for marker in _ALL
    ]
    return list(dict.fromkeys([most_likely, *uniform, *islice(product(*ranked), MAX_CHOICES)]))


_ALL: Final[tuple[Marker, ...]] = ("nan", "none", "na")


def _ranked(column: Column, known: Sequence[Marker]) -> tuple[Marker, ...]:
    possible = MARKERS[column.kind]
    if column.required:
        return possible[:1]
    return tuple(dict.fromkeys([*[marker for marker in known if marker in possible], *possible]))
