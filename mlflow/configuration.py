"""Required variables of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ConfigurationError(Exception):
    """A variable of the environment is missing or invalid; the message names it."""


def require(environment: Mapping[str, str], names: Sequence[str]) -> None:
    """Check that variables are set and not empty.

    Raises:
        ConfigurationError: Some are not; the message names all of them.
    """
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise ConfigurationError(f"these environment variables must be set: {', '.join(missing)}")
