"""Columns of dates: detection of the format, and parsing."""

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

_DATE: Final = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}.*)?)?"
)
_TIMES: Final = ("", " %H:%M", " %H:%M:%S")
_DAYS: Final = {
    # pandas takes 2024/1/2 and 20240102 for ISO 8601 as well.
    "ISO 8601": ("ISO8601",),
    "day/month/year": tuple(f"%d{mark}%m{mark}{year}" for year in ("%Y", "%y") for mark in "/-."),
    "month/day/year": tuple(f"%m{mark}%d{mark}{year}" for year in ("%Y", "%y") for mark in "/-."),
}
_FORMATS: Final = tuple(
    (name, day if day == "ISO8601" else day + time)
    for name, days in _DAYS.items()
    for day in days
    for time in (("",) if day == "ISO8601" else _TIMES)
)


def looks_like_a_date(text: str) -> bool:
    """Whether a text has the shape of a date; the day may not exist."""
    return _DATE.fullmatch(text) is not None


def read_dates(texts: Sequence[str]) -> tuple[pd.Series, str]:
    """Parse distinct texts as dates in the one format that fits most of them; at a tie, the day precedes the month.

    Returns:
        One datetime64[ns] for each text, in UTC without a time zone, missing where the text does not have the format;
        and the name of the format.
    """
    column = pd.Series(list(texts), dtype=object)
    best, best_format = pd.Series(pd.NaT, index=column.index, dtype="datetime64[ns]"), "ISO 8601"
    for name, date_format in _FORMATS:
        parsed = pd.to_datetime(column, format=date_format, errors="coerce", utc=True).dt.tz_localize(None)
        # MLflow needs nanoseconds, whose 64 bits reach from 1677 to 2262.
        in_range = parsed.between(pd.Timestamp.min, pd.Timestamp.max)
        parsed = parsed.where(in_range).astype("datetime64[ns]")
        if parsed.notna().sum() > best.notna().sum():
            best, best_format = parsed, name
        if best.notna().all():
            break
    return best, best_format
