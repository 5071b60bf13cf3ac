"""Ten thousand users need more open files than Locust sets."""

import resource
from collections.abc import Iterator

import pytest

from load import open_files


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """This process's limits, restored after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_soft_limit_goes_up(limits: tuple[int, int]) -> None:
    """The soft limit becomes what the hard one allows, 20,000 at most."""
    hard = limits[1]
    allowed = 20_000 if hard == resource.RLIM_INFINITY else min(20_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed // 2, hard))
    open_files.raise_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (allowed, hard)


def test_low_limit_is_logged(
    limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the limit cannot be raised far enough, the log says what it is."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    open_files.raise_limit()
    assert "may open 1024 files" in caplog.text
    assert limits
