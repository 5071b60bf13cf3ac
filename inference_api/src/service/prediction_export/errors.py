"""Why an export ended without a table."""

from __future__ import annotations


class ExportError(Exception):
    """The message says what is missing."""
