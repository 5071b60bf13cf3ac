"""The base of the errors of a capacity command."""

from __future__ import annotations


class CapacityError(Exception):
    """A capacity command cannot go on; the message says what the user has to change."""
