"""Formats of dates."""

import pandas as pd
import pytest

from src.service.training.csv_input.dates import looks_like_a_date, read_dates


@pytest.mark.parametrize(
    ("texts", "format_name"),
    [
        (["2024-12-31", "2024-01-02"], "ISO 8601"),
        (["2024-12-31T00:00:00", "2024-01-02T00:00:00Z"], "ISO 8601"),
        (["31/12/2024", "02/01/2024"], "day/month/year"),
        (["31-12-2024", "2-1-2024"], "day/month/year"),
        (["31.12.24", "02.01.24"], "day/month/year"),
        (["31/12/2024 00:00", "02/01/2024 00:00"], "day/month/year"),
        (["12/31/2024", "01/02/2024"], "month/day/year"),
        (["2024/12/31", "2024/1/2"], "ISO 8601"),
    ],
)
def test_the_format_is_detected_from_all_dates(texts: list[str], format_name: str) -> None:
    """The second date is the same in all formats: 2 January."""
    dates, detected = read_dates(texts)
    assert detected == format_name
    assert dates.dtype == "datetime64[ns]"
    assert dates.tolist() == [pd.Timestamp("2024-12-31"), pd.Timestamp("2024-01-02")]


def test_an_ambiguous_date_has_the_day_first() -> None:
    """05/01/2024 is 5 January."""
    assert read_dates(["05/01/2024"])[0].tolist() == [pd.Timestamp("2024-01-05")]


def test_an_offset_is_converted_to_utc() -> None:
    """As the service does with a request."""
    assert read_dates(["2024-01-05T00:00:00+02:00"])[0].tolist() == [pd.Timestamp("2024-01-04T22:00:00")]


def test_invalid_dates_are_missing() -> None:
    """So are a day that does not exist, and a year beyond the range of nanoseconds."""
    assert read_dates(["31/12/2024", "31/02/2024", "pronto"])[0].isna().tolist() == [False, True, True]
    assert read_dates(["2024-01-01", "0001-01-01"])[0].isna().tolist() == [False, True]


def test_the_shape_of_dates() -> None:
    """Numbers and codes do not look like dates."""
    assert all(looks_like_a_date(text) for text in ("2024-12-31", "31/12/2024", "1.2.24", "2024-12-31T10:00:00Z"))
    assert not any(looks_like_a_date(text) for text in ("2024", "1.234", "05-001", "norte", "10:30"))
