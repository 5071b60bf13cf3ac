"""Numbers in each language."""

import math

import pytest

from capacity.report.language import ENGLISH, MISSING, SPANISH


@pytest.mark.parametrize(
    ("value", "spanish", "english"),
    [
        (5655.4, "5\u202f655", "5,655"),
        (10_000, "10\u202f000", "10,000"),
        (0.08, "0.08", "0.08"),
        (33.04, "33", "33"),
        (33.46, "33.5", "33.5"),
        (0, "0", "0"),
        (1e300, "1e+300", "1e+300"),
        (math.inf, MISSING, MISSING),
        (math.nan, MISSING, MISSING),
        (None, MISSING, MISSING),
    ],
)
def test_numbers_have_three_digits_and_grouped_thousands(value: float | None, spanish: str, english: str) -> None:
    """Thousands are separated by a thin space in Spanish, a comma in English; a missing number is a dash."""
    assert (SPANISH.number(value), ENGLISH.number(value)) == (spanish, english)


def test_cpu_limit_has_four_decimals() -> None:
    """As the quota that was set."""
    assert (ENGLISH.cores(0.0266), ENGLISH.cores(2), ENGLISH.cores(None)) == ("0.0266", "2", MISSING)


def test_shares_are_percentages() -> None:
    """With a space before the sign in Spanish, without in English."""
    assert (SPANISH.share(0.95), ENGLISH.share(0.999), ENGLISH.share(None)) == ("95\u202f%", "99.9%", MISSING)


def test_name_without_a_text_stays() -> None:
    """It is shown as it is."""
    assert ENGLISH.name("criterion", "unheard_of") == "unheard_of"
