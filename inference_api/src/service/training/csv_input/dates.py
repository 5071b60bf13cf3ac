"""Columns of dates: which way they are written, and the moments they mean."""

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

_LOOK: Final = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}.*)?)?"
)
_TIMES: Final = ("", " %H:%M", " %H:%M:%S")
_DAYS: Final = {
    # For pandas also 2024/1/2 and 20240102.
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
    """Whether a text has the form of a date."""
    return _LOOK.fullmatch(text) is not None


def read_dates(texts: Sequence[str]) -> tuple[pd.Series, str]:
    """Read different texts as dates, all in one way; where day and month cannot be told apart, the day is first.

    Returns:
        One moment for each text, without a time zone (an offset is converted to UTC) and missing where the text is no
        date of the way that fits most of them; and the name of that way.
    """
    column = pd.Series(list(texts), dtype=object)
    best, way = pd.Series(pd.NaT, index=column.index, dtype="datetime64[ns]"), "ISO 8601"
    for name, form in _FORMATS:
        read = pd.to_datetime(column, format=form, errors="coerce", utc=True).dt.tz_localize(None)
        # Before 1677 and after 2262 MLflow's nanoseconds have no number.
        inside = read.between(pd.Timestamp.min, pd.Timestamp.max)
        read = read.where(inside).astype("datetime64[ns]")
        if read.notna().sum() > best.notna().sum():
            best, way = read, name
        if best.notna().all():
            break
    return best, way
