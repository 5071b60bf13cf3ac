"""Exponential backoff for a version that could not be loaded."""

import asyncio
from pathlib import Path

import pytest

from src.errors import ApiError, ModelError, ModelRefusedError
from src.service.lifecycle.retry_backoff import RetryBackoff

PLACE = Path("1-abc")


class SetClock:
    """The event loop's clock, set by the test.

    Attributes:
        now: Seconds.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Start at 0."""
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


async def pauses(clock: SetClock, backoff: RetryBackoff, error: ApiError, count: int) -> list[float]:
    """The pauses after each of several failures."""
    found = []
    for _ in range(count):
        backoff.failed(PLACE, error)
        start = clock.now
        while True:
            try:
                backoff.check(PLACE)
            except ApiError:
                clock.now += 1
            else:
                break
        found.append(clock.now - start)
    return found


async def test_refused_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refusal of the same version doubles the pause, up to 300 s."""
    found = await pauses(SetClock(monkeypatch), RetryBackoff(100.0), ModelRefusedError("no"), 4)
    assert found == [100, 200, 300, 300]


async def test_failed_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a temporary failure, such as a store that is down, the pause grows to at most 30 s."""
    found = await pauses(SetClock(monkeypatch), RetryBackoff(5.0), ModelError("no bucket"), 5)
    assert found == [5, 10, 20, 30, 30]


async def test_another_version_has_its_own_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version may be tried at once, and its first failure has the first pause."""
    clock, backoff = SetClock(monkeypatch), RetryBackoff(100.0)
    await pauses(clock, backoff, ModelRefusedError("no"), 3)
    backoff.failed(Path("2-def"), ModelRefusedError("no"))
    assert await pauses(clock, backoff, ModelRefusedError("no"), 1) == [100]


async def test_error_until_the_pause_ends() -> None:
    """Before the pause ends the version raises its error; others may be tried, and all after a reset."""
    backoff = RetryBackoff(100.0)
    backoff.check(PLACE)
    error = ModelRefusedError("no")
    backoff.failed(PLACE, error)
    with pytest.raises(ModelRefusedError) as caught:
        backoff.check(PLACE)
    assert caught.value is error
    backoff.check(Path("2-def"))
    backoff.reset()
    backoff.check(PLACE)
