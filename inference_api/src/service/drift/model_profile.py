"""The profile beside a model, when it fits the model's columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from src.service.feature_profile import (
    PROFILE_FILE,
    CategoryProfile,
    ColumnProfile,
    FeatureProfile,
    ProfileError,
    read_profile,
)
from src.service.schema.column import Column


def profile_of(folder: Path, columns: Sequence[Column]) -> FeatureProfile:
    """The profile in a model's folder, for these columns.

    Raises:
        ProfileError: When there is none that can be used; the message is the reason.
    """
    profile = read_profile(folder)
    by_name = {column.name: column for column in columns}
    for name, column in profile.columns.items():
        if name not in by_name:
            raise ProfileError(f"{PROFILE_FILE} is of another model: {name!r} is not a column of the signature"[:300])
        if not _fits(column, by_name[name]):
            kind = by_name[name].kind
            raise ProfileError(f"{PROFILE_FILE} is of another model: column {name!r} is of type {kind}"[:300])
    return profile


def choices_of(profile: FeatureProfile) -> dict[str, list[str]]:
    """The texts that the profile names for each column of texts, the most frequent first."""
    texts = {
        name: [category for category in column.categories if isinstance(category, str)]
        for name, column in profile.columns.items()
        if isinstance(column, CategoryProfile)
    }
    return {name: found for name, found in texts.items() if found}


def _fits(profile: ColumnProfile, column: Column) -> bool:
    if isinstance(profile, CategoryProfile):
        if column.kind == "any":
            return True
        kinds = {"boolean": bool, "string": str}
        return column.kind in kinds and all(type(category) is kinds[column.kind] for category in profile.categories)
    if profile.kind == "datetime":
        return column.kind == "datetime"
    return column.kind in {"number", "integer"}
