"""Shadow traffic: sampling, bounds, and the comparison."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace

import pytest

from src.errors import RefusedRowError
from src.service.challenger import shadow as module
from src.service.challenger.challenger import ChallengerError
from src.service.challenger.shadow import CpuBudget, Shadow
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import Row
from tests.unit.inference_api.doubles import eventually


class PlusOneProcess:
    """Answers one more than the first value of each row; refuses negative ones.

    Attributes:
        groups: Size of each group of rows.
        broken: Whether it has ended.
        idle: Whether it has nothing else to do.
    """

    def __init__(self) -> None:
        """Start idle."""
        self.groups: list[int] = []
        self.broken = False
        self.idle = True

    async def predict_measured(self, rows: Sequence[Row]) -> tuple[list[Outcome], float]:
        """The outcomes, and no CPU time."""
        if self.broken:
            raise ChallengerError("it has ended")
        self.groups.append(len(rows))
        await asyncio.sleep(0)
        return [row[0] + 1.0 if row[0] >= 0 else RefusedRowError("negative") for row in rows], 0.0

    def is_idle(self) -> bool:
        """Whether it has nothing else to do."""
        return self.idle


class Shadowed:
    """A shadow with its process and its metrics."""

    def __init__(self, percent: float = 100.0) -> None:
        """Create them."""
        self.process = PlusOneProcess()
        self.metrics = Metrics()
        self.shadow = Shadow("2", self.process, self.metrics.challenger, percent)

    def count(self, outcome: str) -> float:
        """The count of rows with this outcome."""
        start = f'inference_challenger_requests_total{{kind="shadow",outcome="{outcome}",version="2"}} '
        lines = self.metrics.text().decode().splitlines()
        return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)

    async def until(self, outcome: str, count: float) -> None:
        """Run until so many rows have this outcome."""
        task = asyncio.create_task(self.shadow.run())
        try:
            await eventually(lambda: self.count(outcome) >= count or task.done())
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups follow each other at once."""
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)


async def test_every_row_is_compared() -> None:
    """With 100 % every row that the champion predicted is compared, in groups; its errors are left out."""
    shadowed = Shadowed()
    shadowed.shadow.observe([(1.0,), (2.0,), (3.0,)], [2.0, RefusedRowError("no"), 4.5])
    shadowed.shadow.observe([(1.0,)], [ClassProbabilities(2.0, [1.0])])
    await shadowed.until("answered", 3)
    assert shadowed.shadow.agreement.rows == 3
    assert shadowed.shadow.agreement.agreeing == 2
    assert shadowed.shadow.agreement.absolute == pytest.approx(0.5)


async def test_its_errors_are_counted_and_not_compared() -> None:
    """A row that the challenger refuses counts as failed."""
    shadowed = Shadowed()
    shadowed.shadow.observe([(-1.0,), (1.0,)], [1.0, 2.0])
    await shadowed.until("answered", 1)
    assert (shadowed.count("failed"), shadowed.shadow.agreement.rows) == (1.0, 1)


async def test_rows_beyond_the_queue_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is bounded; what finds no room is counted, and memory does not grow."""
    monkeypatch.setattr(module, "MAX_WAITING_ROWS", 10)
    shadowed = Shadowed()
    for _ in range(100):
        shadowed.shadow.observe([(1.0,)], [2.0])
    assert len(shadowed.shadow._waiting) == 10
    await shadowed.until("dropped", 90)
    assert shadowed.count("dropped") == 90


async def test_ended_process_drops_rows() -> None:
    """Rows for a process that has ended are counted as dropped, and those that follow are tried."""
    shadowed = Shadowed()
    shadowed.process.broken = True
    shadowed.shadow.observe([(1.0,), (1.0,)], [2.0, 2.0])
    await shadowed.until("dropped", 2)
    shadowed.process.broken = False
    shadowed.shadow.observe([(1.0,)], [2.0])
    await shadowed.until("answered", 1)


async def test_clients_go_first() -> None:
    """While the challenger predicts for clients, no shadowed rows are sent."""
    shadowed = Shadowed()
    shadowed.process.idle = False
    shadowed.shadow.observe([(1.0,)], [2.0])
    task = asyncio.create_task(shadowed.shadow.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert shadowed.process.groups == []
    shadowed.process.idle = True
    await eventually(lambda: shadowed.process.groups == [1])
    task.cancel()


@pytest.mark.parametrize("size", [1, 7, 500])
def test_share_of_the_sample(size: int) -> None:
    """Each row has the same chance, whatever the size of the batches: 10 % of 20,000 rows, within five deviations."""
    random.seed(8)
    shadowed = Shadowed(10.0)
    module_rows = [(float(place),) for place in range(size)]
    taken = 0
    for _ in range(20_000 // size):
        shadowed.shadow.observe(module_rows, [1.0] * size)
        taken += len(shadowed.shadow._waiting)
        shadowed.shadow._waiting.clear()
    rows = 20_000 // size * size
    assert abs(taken - rows * 0.1) < 5 * (rows * 0.1 * 0.9) ** 0.5


def test_change_of_the_share() -> None:
    """A larger share counts from the next batch on, however rare the sample was before."""
    shadowed = Shadowed(1e-6)
    shadowed.shadow.set_percent(100.0)
    shadowed.shadow.observe([(1.0,)] * 5, [2.0] * 5)
    assert len(shadowed.shadow._waiting) == 5


def budget(**values: float) -> tuple[CpuBudget, dict[str, float]]:
    """A budget in a control group with these values, and the values, to change them."""
    found = {f"inference_cpu_{name}": value for name, value in values.items()}
    return CpuBudget(SimpleNamespace(values=lambda: found)), found  # type: ignore[arg-type]  # all that it needs


def test_rows_fit_into_the_quota() -> None:
    """Groups grow while they are cheap, and shrink to what the share of a period allows; rests follow long ones."""
    cpu, _values = budget(limit_cores=0.5)
    for rows in (1, 2, 4, 8, 16):
        assert cpu.rows() == rows
        cpu.used(rows, rows * 1e-6)
    cpu.used(32, 32 * 0.001)
    assert cpu.rows() == 10  # 1 ms each: a fifth of half a core for 0.1 s
    assert cpu.rest() == pytest.approx(0.32)
    cpu.used(1, 2.0)
    assert cpu.rows() == 1
    assert cpu.rest() == pytest.approx(20.0)
    assert cpu.rest() == module.REST_SECONDS


def test_rest_after_throttling(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the CPU quota has stopped the container since the last look, the challenger rests for a second."""
    cpu, values = budget(limit_cores=1.0, throttled_periods=5.0)
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(module, "perf_counter", lambda: float(next(clock)))
    cpu._looked = -10.0
    cpu.used(1, 0.0)
    assert cpu.rest() == module.REST_SECONDS
    values["inference_cpu_throttled_periods"] = 6.0
    cpu.used(1, 0.0)
    assert cpu.rest() == module.THROTTLED_REST_SECONDS
    cpu.used(1, 0.0)
    assert cpu.rest() == module.REST_SECONDS
