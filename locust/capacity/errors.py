"""What keeps a capacity question from being asked."""

from __future__ import annotations


class CapacityError(Exception):
    """Something that the person who asks has to change; the message says what."""

    exit_code = 1
