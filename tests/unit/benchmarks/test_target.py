"""Only this machine can be the target of the load."""

import pytest

from benchmarks.errors import NotStartedError
from benchmarks.target import Target


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/predict", "http://127.9.9.9:1/", "http://[::1]:8000/predict"])
def test_loopback_is_a_target(url: str) -> None:
    """Every address of the loopback range is accepted."""
    assert Target.parse(url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.0.10:8000/predict",
        "http://10.0.0.1:8000/",
        "http://example.com:80/",
        # A name may resolve to any address.
        "http://localhost:8000/predict",
        "https://127.0.0.1:8000/",
        "http://127.0.0.1/predict",
        "http://0.0.0.0:8000/",
        "127.0.0.1:8000",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    """Other machines, host names, other schemes and a URL without a port are refused."""
    with pytest.raises(NotStartedError, match="refused"):
        Target.parse(url)
