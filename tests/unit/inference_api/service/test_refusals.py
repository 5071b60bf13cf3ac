"""A version that was refused is tried again at longer and longer pauses."""

import asyncio
from pathlib import Path

import pytest

from src.errors import ModelRefusedError
from src.service.refusals import Refusals

PLACE = Path("1-abc")


async def test_pauses_double_up_to_five_minutes() -> None:
    """Each refusal of the same version doubles the pause, up to 300 s; another version starts anew."""
    refusals = Refusals(100.0)
    pauses = []
    for place in (PLACE, PLACE, PLACE, PLACE, Path("2-def")):
        refusals.remember(place, ModelRefusedError("no"))
        assert refusals.last is not None
        pauses.append(refusals.last.pause)
        assert refusals.last.retry_at == pytest.approx(asyncio.get_running_loop().time() + pauses[-1], abs=10)
    assert pauses == [100, 200, 300, 300, 100]


async def test_reason_until_it_is_time() -> None:
    """Before its time the refused version raises its own error; others pass, and all do once it is forgotten."""
    refusals = Refusals(100.0)
    refusals.respect(PLACE)
    error = ModelRefusedError("no")
    refusals.remember(PLACE, error)
    with pytest.raises(ModelRefusedError) as caught:
        refusals.respect(PLACE)
    assert caught.value is error
    refusals.respect(Path("2-def"))
    refusals.forget()
    refusals.respect(PLACE)


async def test_time_has_come() -> None:
    """After the pause the version passes, so that it is tried again."""
    refusals = Refusals(0.001)
    refusals.remember(PLACE, ModelRefusedError("no"))
    await asyncio.sleep(0.01)
    refusals.respect(PLACE)
