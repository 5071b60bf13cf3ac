"""Vulnerabilities that are known and accepted."""

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {}
"""Identifiers with the reason why the project is not affected, or why no other version can be used yet."""
