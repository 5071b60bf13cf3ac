"""The end of a certificate's validity."""

import datetime as dt
from pathlib import Path

import pytest
from certificates import write_certificate

from doctor.certificate import end_of_validity


@pytest.mark.parametrize("days", [-2, 10, 90, 20_000])
def test_the_end_is_read(days: int, tmp_path: Path) -> None:
    """As a date with a year of two digits, and from 2050 on of four."""
    pem = write_certificate(tmp_path / "server.pem", "x.example", days=days).read_text()
    left = end_of_validity(pem) - dt.datetime.now(dt.UTC)

    assert abs(left - dt.timedelta(days=days)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("kept", [0, 200, 400])
def test_a_damaged_certificate(kept: int, tmp_path: Path) -> None:
    """It is a ValueError, wherever it is cut off."""
    lines = write_certificate(tmp_path / "server.pem", "x.example").read_text().partition("-----END")[0]
    with pytest.raises(ValueError, match=r".+"):
        end_of_validity(f"{lines[:kept]}\n-----END CERTIFICATE-----" if kept else "")
