"""Limits of the numbers that can be learnt from and held exactly."""

from typing import Final

import pandas as pd

# The square of a larger one may overflow a double, and scikit-learn squares.
LARGEST: Final = 1e100
# Beyond it a double does not hold every integer.
LARGEST_EXACT_INTEGER: Final = 2**53


def too_large(numbers: pd.Series) -> str:
    """Say how many of the numbers are infinite or beyond `LARGEST`; empty when none is."""
    count = int((numbers.abs() > LARGEST).sum())
    return f"has {count} value(s) that are infinite or beyond {LARGEST:g}" if count else ""
