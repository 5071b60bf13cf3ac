"""The values that a search tries: each at most a tenth above the one before, and short to write."""

from __future__ import annotations

from typing import Final

LEAST_CPUS: Final = 0.05
LEAST_MEMORY_MIB: Final = 32


def cpu_grid(most: float, least: float = LEAST_CPUS) -> tuple[float, ...]:
    """Cores in thousandths, both ends included.

    Raises:
        ValueError: When there is nothing from the least to the most.
    """
    return tuple(thousandths / 1000 for thousandths in _tenths(round(least * 1000), round(most * 1000)))


def memory_grid(most: int, least: int = LEAST_MEMORY_MIB) -> tuple[int, ...]:
    """Whole MiB, both ends included.

    Raises:
        ValueError: When there is nothing from the least to the most.
    """
    return _tenths(least, most)


def _tenths(least: int, most: int) -> tuple[int, ...]:
    # Below ten units the next one is more than a tenth above.
    if not 10 <= least <= most:  # noqa: PLR2004 - said above
        raise ValueError(
            f"a search from {least} to {most} is none: it starts at 10 (thousandths of a core, MiB) or more"
        )
    values = [least]
    while values[-1] < most:
        # Whole numbers, rounded down: no step is larger than a tenth, not even by an error of rounding.
        values.append(min(values[-1] * 11 // 10, most))
    return tuple(values)
