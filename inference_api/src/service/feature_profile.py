"""`profile.json`: how the rows that a model was trained with are distributed, in a file beside the model.

The trainer writes it, and a server compares with it the rows that arrive. It is optional, and the version's digest
covers it. Any program that registers a model may add it:

    {
      "format": 1,
      "rows": 800,
      "columns": {
        "area": {"type": "number", "edges": [41.5, 60.5], "counts": [270, 260, 265], "missing": 5},
        "built": {"type": "datetime", "edges": [1577836800.0], "counts": [400, 400], "missing": 0},
        "colour": {"type": "category", "categories": ["red", "blue"], "counts": [500, 290], "other": 7, "missing": 3}
      },
      "prediction": {"type": "number", "edges": [150.25], "counts": [401, 399], "missing": 0}
    }

Each row is counted once in each column, so that the counts of a column add up to `rows`. A number belongs to the bin
whose index is the number of edges that are smaller than it, so there is one bin more than edges; a date and time is the
number of seconds since 1970-01-01 in UTC. Categories are texts, booleans, or integers (labels that a classifier
predicts), at most 50 of them, the most frequent first, and texts of at most 200 characters; `other` counts the rows
with any other value. A column that is not named has no profile,
and `prediction` is null for a model with several outputs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

PROFILE_FILE: Final = "profile.json"
FORMAT: Final = 1
MAX_CATEGORIES: Final = 50
MAX_CATEGORY_LENGTH: Final = 200
MAX_EDGES: Final = 100
MAX_BYTES: Final = 4 << 20
ROWS_PER_BIN: Final = 20
"""Training rows for each bin of a column; with fewer, chance alone would make shares differ."""
FEWEST_BINS: Final = 2

Category = str | bool | int


class ProfileError(ValueError):
    """There is no profile that can be used; the message is the reason."""


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """The distribution of numbers, or of dates and times as seconds since 1970-01-01 in UTC.

    Attributes:
        kind: Which of them.
        edges: Where one bin ends and the next one begins, ascending.
        counts: Training rows in each bin, one more than edges.
        missing: Training rows without a value.
    """

    kind: Literal["number", "datetime"]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    @property
    def rows(self) -> int:
        """All training rows."""
        return sum(self.counts) + self.missing

    def to_json(self) -> dict[str, Any]:
        """As in the file."""
        return {"type": self.kind, "edges": self.edges, "counts": self.counts, "missing": self.missing}


@dataclass(frozen=True, slots=True)
class CategoryProfile:
    """The distribution of texts, booleans or labels.

    Attributes:
        categories: The values, the most frequent first.
        counts: Training rows with each.
        other: Training rows with another value.
        missing: Training rows without a value.
    """

    categories: tuple[Category, ...]
    counts: tuple[int, ...]
    other: int = 0
    missing: int = 0

    @property
    def rows(self) -> int:
        """All training rows."""
        return sum(self.counts) + self.other + self.missing

    def to_json(self) -> dict[str, Any]:
        """As in the file."""
        return {
            "type": "category",
            "categories": self.categories,
            "counts": self.counts,
            "other": self.other,
            "missing": self.missing,
        }


ColumnProfile = NumberProfile | CategoryProfile


@dataclass(frozen=True, slots=True)
class FeatureProfile:
    """The distribution of training rows.

    Attributes:
        rows: Number of rows.
        columns: The distribution of each column that has one, by its name.
        prediction: The distribution of the model's predictions for these rows; None without one.
    """

    rows: int
    columns: Mapping[str, ColumnProfile]
    prediction: ColumnProfile | None

    def to_json(self) -> str:
        """The content of `profile.json`."""
        return json.dumps(
            {
                "format": FORMAT,
                "rows": self.rows,
                "columns": {name: column.to_json() for name, column in self.columns.items()},
                "prediction": self.prediction and self.prediction.to_json(),
            },
            allow_nan=False,
        )


def most_bins(rows: int, limit: int) -> int:
    """The most bins that a column may have for this number of training rows: at least two, at most the limit."""
    return min(limit, max(FEWEST_BINS, rows // ROWS_PER_BIN))


def read_profile(folder: Path) -> FeatureProfile:
    """Read the profile in a model's folder.

    Raises:
        ProfileError: When there is none, or it is damaged or of another format.
    """
    try:
        with (folder / PROFILE_FILE).open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ProfileError(f"the version has no {PROFILE_FILE}") from None
    except OSError as error:
        raise ProfileError(f"{PROFILE_FILE} cannot be read: {error.strerror}") from error
    if len(text) > MAX_BYTES:
        raise ProfileError(f"{PROFILE_FILE} is larger than {MAX_BYTES >> 20} MiB")
    return parse_profile(text)


def parse_profile(text: bytes) -> FeatureProfile:
    """The profile that a file holds.

    Raises:
        ProfileError: When it is damaged or of another format.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ProfileError(f"{PROFILE_FILE} is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ProfileError(f"{PROFILE_FILE} is not of format {FORMAT}")
    rows, columns = found.get("rows", 0), found.get("columns")
    if not _is_count(rows) or rows == 0 or not isinstance(columns, dict):
        raise ProfileError(f"{PROFILE_FILE} has no rows or no columns")
    prediction = found.get("prediction")
    return FeatureProfile(
        rows,
        {name: _column(f"column {name!r}", column, rows) for name, column in columns.items()},
        None if prediction is None else _column("the prediction", prediction, rows),
    )


def _column(name: str, found: Any, rows: int) -> ColumnProfile:
    try:
        profile = _category_profile(found) if found["type"] == "category" else _number_profile(found)
    except (ValueError, TypeError, LookupError, OverflowError):  # what it holds may be anything
        profile = None
    if profile is None or profile.rows != rows:
        raise ProfileError(f"{PROFILE_FILE} is damaged: {name} is not a distribution of {rows} rows"[:300])
    return profile


def _number_profile(found: Any) -> NumberProfile | None:
    edges, counts, missing = tuple(map(float, found["edges"])), tuple(found["counts"]), found["missing"]
    ascending = all(map(math.isfinite, edges)) and list(edges) == sorted(set(edges))
    if not ascending or len(edges) > MAX_EDGES or len(counts) != len(edges) + 1:
        return None
    if found["type"] not in {"number", "datetime"} or not all(map(_is_count, [*counts, missing])):
        return None
    return NumberProfile(found["type"], edges, counts, missing)


def _category_profile(found: Any) -> CategoryProfile | None:
    categories, counts = tuple(found["categories"]), tuple(found["counts"])
    other, missing = found["other"], found["missing"]
    # Of one type only: in Python True equals 1.
    types = {type(category) for category in categories}
    if len(types) > 1 or not types <= {str, bool, int} or len(set(categories)) != len(categories):
        return None
    if any(isinstance(category, str) and len(category) > MAX_CATEGORY_LENGTH for category in categories):
        return None
    if not len(counts) == len(categories) <= MAX_CATEGORIES or not all(map(_is_count, [*counts, other, missing])):
        return None
    return CategoryProfile(categories, counts, other, missing)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
