"""What stands for a missing value when it reaches a model: None, NaN or pandas' NA.

JSON has one null, pandas has three, and a model may know one of them only: an imputer looks for the one that it was
fitted for, and to an encoder with the category None a NaN is an unknown value. Which one is right is found by what the
fitted transformers show (`src.service.flavors.sklearn.fitted_columns`), and by comparing answers where that leaves a
choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import Final, Literal

from src.service.schema.column import Column, Kind

Marker = Literal["nan", "none", "na"]
"""NaN (NaT for a moment), None, or pandas' NA in a column of one of its nullable types."""

# The first is how pandas reads a file with an empty cell, and MLflow takes it.
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
    """Ways to mark missing values, one marker a column, the likeliest first.

    Args:
        columns: The columns of a row.
        fitted: For each column, the markers that fitted transformers know.

    Returns:
        At least one choice, and not more than a few: all combinations would be too many to try.
    """
    ranked = [_ranked(column, known) for column, known in zip(columns, fitted, strict=True)]
    likeliest = tuple(markers[0] for markers in ranked)
    alike: list[tuple[Marker, ...]] = [
        tuple(marker if marker in markers else markers[0] for markers in ranked) for marker in _ALL
    ]
    return list(dict.fromkeys([likeliest, *alike, *islice(product(*ranked), MAX_CHOICES)]))


_ALL: Final[tuple[Marker, ...]] = ("nan", "none", "na")


def _ranked(column: Column, known: Sequence[Marker]) -> tuple[Marker, ...]:
    possible = MARKERS[column.kind]
    if column.required:
        return possible[:1]
    return tuple(dict.fromkeys([*[marker for marker in known if marker in possible], *possible]))
