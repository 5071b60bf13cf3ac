"""Which requests the challenger gets: with the same key always the same ones, in every process and replica."""

from __future__ import annotations

from hashlib import sha256
from random import random
from typing import Final

_BYTES: Final = 6  # a float represents every integer of so many exactly
_END: Final = float(1 << 8 * _BYTES)


def share_of(key: bytes) -> float:
    """The place of a key between 0 and 1, the first 48 bits of its SHA-256.

    A larger percentage keeps the keys of a smaller one. Keys that resemble each other have places that do not.

    Args:
        key: What identifies the requests that stay together.

    Returns:
        A number in [0, 1).
    """
    return int.from_bytes(sha256(key).digest()[:_BYTES]) / _END


def is_chosen(key: bytes, percent: float) -> bool:
    """Whether a request is one of a percentage of all.

    Args:
        key: The request's key; empty for a random choice.
        percent: From 0, for none, to 100, for all.
    """
    return (share_of(key) if key else random()) * 100 < percent  # noqa: S311 - a sample, not a secret
