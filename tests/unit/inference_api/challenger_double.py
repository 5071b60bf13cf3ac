"""A challenger whose process answers, waits and fails as a test says."""

import asyncio
import itertools
from collections.abc import Callable, Sequence

from src.service.challenger.challenger import Challenger
from src.service.challenger.split import is_chosen
from src.service.challenger.traffic import Traffic
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import Row

HALF = 50.0


class StubProcess:
    """Answers three times the first column.

    Attributes:
        calls: The rows of each call.
        answer: The outcome of a row without probabilities.
        error: What a call raises; None for nothing.
        may_answer: Cleared, calls wait.
    """

    def __init__(self, answer: Callable[[Row], Outcome] = lambda row: row[0] * 3) -> None:
        """Answer at once."""
        self.calls: list[list[Row]] = []
        self.answer = answer
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def predict(self, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
        """The outcomes, when they may be given."""
        self.calls.append(list(rows))
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        answers = [self.answer(row) for row in rows]
        return [ClassProbabilities(answer, [0.25, 0.75]) for answer in answers] if probabilities else answers


def challenger_of(process: StubProcess, percent: float = HALF, names: tuple[str, ...] | None = None) -> Challenger:
    """A challenger, version 2, with a part of the requests."""
    return Challenger("2", names, Traffic(canary_percent=percent), process)


def key_of(*, chosen: bool, number: int = 0, percent: float = HALF) -> str:
    """A key whose requests the challenger gets, or does not get, another one for each number."""
    keys = (f"user-{count}" for count in itertools.count())
    found = (key for key in keys if is_chosen(key.encode(), percent) is chosen)
    return next(itertools.islice(found, number, None))


def counted(metrics: Metrics) -> dict[str, float]:
    """How many canaries the challenger answered, and how many the champion did."""
    found = {}
    for line in metrics.text().decode().splitlines():
        for outcome in ("answered", "fallback"):
            name = f'inference_challenger_requests_total{{kind="canary",outcome="{outcome}",version="2"}} '
            if line.startswith(name):
                found[outcome] = float(line.removeprefix(name))
    return found
