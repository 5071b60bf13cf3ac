"""How large a number may be: what is infinite, or would be when squared, cannot be learnt from."""

from typing import Final

import pandas as pd

LARGEST: Final = 1e100


def too_large(numbers: pd.Series) -> str:
    """Say how many of the numbers are infinite or beyond `LARGEST`; empty when none is."""
    count = int((numbers.abs() > LARGEST).sum())
    return f"has {count} value(s) that are infinite or beyond {LARGEST:g}" if count else ""
