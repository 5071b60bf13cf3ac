"""The limits that a search tries: each at most a tenth above the one before, with few digits."""

from __future__ import annotations

from functools import cache
from typing import Final

FIRST_CPUS: Final = 0.05
FIRST_MEMORY_MIB: Final = 32
MIN_UNITS: Final = 10
"""The smallest value in thousandths of a core and in MiB: below it, a step of one unit is more than a tenth.

The kernel's smallest CPU quota is 0.01 as well (1 ms of a period of 100 ms), and Docker's smallest memory is 6 MiB.
"""


def cpu_grid(most: float, least: float | None = None) -> tuple[float, ...]:
    """CPU limits in thousandths of a core, from the least to exactly the most.

    Args:
        most: The largest.
        least: The smallest; None for the usual first value and all smaller ones down to the kernel's minimum.

    Raises:
        ValueError: When the range is empty or starts too low.
    """
    units = _grid(round((least or FIRST_CPUS) * 1000), round(most * 1000), extend=least is None)
    return tuple(thousandths / 1000 for thousandths in units)


def memory_grid(most: int, least: int | None = None) -> tuple[int, ...]:
    """Memory limits in whole MiB; see `cpu_grid`."""
    return _grid(least or FIRST_MEMORY_MIB, most, extend=least is None)


@cache
def _grid(least: int, most: int, *, extend: bool) -> tuple[int, ...]:
    if not MIN_UNITS <= least <= most:
        raise ValueError(
            f"the range from {least} to {most} is empty or starts below {MIN_UNITS} (thousandths of a core, MiB)"
        )
    values = [least]
    while values[-1] < most:
        # Integer division rounds down, so that no step is larger than a tenth.
        values.append(min(values[-1] * 11 // 10, most))
    while extend and values[0] > MIN_UNITS:
        values.insert(0, -(-values[0] * 10 // 11))
    return tuple(values)
