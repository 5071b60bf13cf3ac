"""The version of a library that a model was saved with, and the installed one."""

from __future__ import annotations

from src.service.flavors.interface import Flavor


def both_versions(flavor: Flavor, saved_with: str) -> str:
    """Both versions, for an error message: their difference is the most likely reason why a model fails.

    Args:
        flavor: The model's flavor.
        saved_with: The version that the model was saved with, or empty.
    """
    return (
        f"saved with {flavor.library_name} {saved_with or 'of an unknown version'}, "
        f"served with {flavor.installed_version()}"
    )
