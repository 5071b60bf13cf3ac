"""Asking the challenger, which may be slow or dead."""

import asyncio
from collections.abc import Sequence

import pytest

from src.service.challenger import challenger as module
from src.service.challenger.challenger import Challenger, ChallengerError
from src.service.challenger.traffic import Traffic
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row


class ChallengerDouble:
    """A process that answers at once, or never."""

    def __init__(self) -> None:
        """Answer at once."""
        self.stuck = False
        self.asked = 0

    async def predict(self, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
        """The first value of each row."""
        del probabilities
        self.asked += 1
        if self.stuck:
            await asyncio.Event().wait()
        return [row[0] for row in rows]


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> ChallengerDouble:
    """A process, which has no time."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.001)
    return ChallengerDouble()


async def test_answers(process: ChallengerDouble) -> None:
    """The outcomes of the process are those of the challenger."""
    assert await Challenger("2", None, Traffic(), process, 60.0).predict([(1.0,), (2.0,)]) == [1.0, 2.0]


async def test_slow_challenger_is_not_asked_for_a_while(
    process: ChallengerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests without an answer in time are an error; after some in a row it is not asked, and then it is again."""
    challenger = Challenger("2", None, Traffic(), process)
    process.stuck = True
    for _ in range(module.TOO_LATE):
        assert challenger.problem() is None
        with pytest.raises(ChallengerError, match="no answer in time"):
            await challenger.predict([(1.0,)])
    with pytest.raises(ChallengerError, match=r"5 times in a row .* is not asked for 30 s"):
        await challenger.predict([(1.0,)])
    assert process.asked == module.TOO_LATE
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: challenger._asked_again_at)
    assert challenger.problem() is None


async def test_requests_that_wait_together_count_once(process: ChallengerDouble) -> None:
    """Many requests that wait for the same slow rows are one delay, and one answer in time ends the count."""
    challenger = Challenger("2", None, Traffic(), process)
    process.stuck = True
    found = await asyncio.gather(*(challenger.predict([(1.0,)]) for _ in range(20)), return_exceptions=True)
    assert {type(error) for error in found} == {ChallengerError}
    assert challenger.problem() is None
    process.stuck = False
    assert await Challenger("2", None, Traffic(), process, 60.0).predict([(1.0,)]) == [1.0]
