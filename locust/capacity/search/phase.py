"""The phases of a search."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """A part of a search, as a line of progress names it."""

    TOP = "most of all"
    CPU = "CPU"
    MEMORY = "memory"
    CONFIRM = "confirmation"
    BEYOND = "more users"
    REPLICAS = "replicas"
    AGAIN = "confirmed later"
    OPEN = "open arrivals"
    USERS = "fewer users"
