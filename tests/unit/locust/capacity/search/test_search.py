"""The search finds the known minimum of a synthetic server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.criteria import Criterion
from capacity.model.search_result import Minimum, Neighbour, SearchResult
from capacity.model.slo import Slo, offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind
from capacity.model.verdict import Fails, Invalid
from tests.unit.locust.capacity.search.searching import search
from tests.unit.locust.capacity.trial.servers import (
    HOLD_SECONDS,
    FailsAboveServer,
    LeakingServer,
    RejectingServer,
    SleepingServer,
)
from tests.unit.locust.capacity.trial.synthetic_runner import SyntheticRunner

ROUNDING = 1.0001
SPEC = SearchSpec()


def rate_for(least_cpus: float, users: int = 10_000) -> float:
    """Requests per second and core of a server that needs so many cores."""
    return Slo().required_rate(users, HOLD_SECONDS) / least_cpus


def minimum_of(result: SearchResult) -> Minimum:
    """The minimum of a result."""
    assert result.max_users is None
    assert result.minimum is not None
    return result.minimum


def criterion(neighbour: Neighbour | None) -> Criterion:
    """The criterion by which a neighbour fails."""
    assert neighbour is not None
    assert isinstance(neighbour.verdict, Fails)
    return neighbour.verdict.criterion


@given(cpus=st.floats(0.0501, 1), memory=st.floats(32.5, 512))
def test_minimum_of_cpu_and_memory_is_found(cpus: float, memory: float) -> None:
    """At most a tenth above the true one, confirmed three times, and both smaller neighbours fail."""
    runner = SyntheticRunner(SleepingServer(rate_for(cpus), memory), SPEC)

    found = minimum_of(search(runner))

    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1
    assert found.confirmations == 3
    assert criterion(found.smaller_cpus) == Criterion.RATE
    assert criterion(found.smaller_memory) == Criterion.OOM


@given(cpus=st.floats(0.0501, 1), users=st.integers(1, 12).map(lambda steps: steps * 700))
def test_fast_rejections_do_not_count_as_answers(cpus: float, users: int) -> None:
    """A server that answers 503 when it is overloaded fails, although its p99 is 10 ms."""
    server = RejectingServer(offered_rate(users) / cpus)
    runner = SyntheticRunner(server, SearchSpec(users=users, step_users=700, replicas=()))

    found = minimum_of(search(runner))

    # Less than half a rejection in ten seconds is rounded to none.
    assert cpus * (1 - 0.05 / offered_rate(users)) <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert criterion(found.smaller_cpus) == Criterion.FAILURES


@given(cpus=st.floats(0.06, 0.9), memory=st.floats(40, 200), leak=st.floats(0.001, 0.3))
def test_leak_gets_the_memory_of_a_whole_ramp(cpus: float, memory: float, leak: float) -> None:
    """Short tests do not show it; ramps do, and the search takes more memory until they hold."""
    runner = SyntheticRunner(LeakingServer(rate_for(cpus), memory, leak), SPEC)
    needed = runner.server.least_memory_mib(runner.ramp_requests())

    found = minimum_of(search(runner))

    assert needed <= found.limits.memory_mib <= needed * 1.1
    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert criterion(found.smaller_memory) == Criterion.OOM


@given(most=st.integers(0, 9_999), step=st.sampled_from([300, 500, 1000]))
def test_most_users_are_found_when_not_all_hold(most: int, step: int) -> None:
    """The last step that holds, and the verdict of the next one."""
    spec = SearchSpec(step_users=step)
    runner = SyntheticRunner(FailsAboveServer(rate_for(0.1), most_users=most), spec)

    result = search(runner)

    assert result.minimum is None
    assert result.max_users is not None
    assert result.max_users.users == most // step * step
    assert result.max_users.confirmations == (3 if most >= step else 0)
    assert result.max_users.limits == spec.top
    assert result.max_users.stopped_by.users == min(10_000, result.max_users.users + step)
    assert criterion(result.max_users.stopped_by) == Criterion.FAILURES


@given(seed=st.integers(0, 10_000), cpus=st.floats(0.06, 0.9), memory=st.floats(40, 400))
def test_noise_moves_the_result_by_no_more_than_its_size(seed: int, cpus: float, memory: float) -> None:
    """The capacity differs by 0.3 % from trial to trial."""
    runner = SyntheticRunner(SleepingServer(rate_for(cpus), memory), SPEC, noise=0.003, seed=seed)

    found = minimum_of(search(runner))

    assert cpus * 0.985 <= found.limits.cpus <= cpus * 1.1 * 1.015
    assert found.confirmations == 3


@given(seed=st.integers(0, 10_000), cpus=st.floats(0.06, 0.9), memory=st.floats(40, 400))
def test_invalid_trials_are_not_taken_for_failures(seed: int, cpus: float, memory: float) -> None:
    """They are repeated; when all three are invalid, the result says that it could not be decided."""
    runner = SyntheticRunner(SleepingServer(rate_for(cpus), memory), SPEC, invalid=0.2, seed=seed)

    result = search(runner)

    if result.undecided:
        if result.minimum is not None:
            assert cpus <= result.minimum.limits.cpus * ROUNDING or result.minimum.undecided
        return
    found = minimum_of(result)
    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1


@given(first=st.integers(2, 12), cpus=st.floats(0.0501, 1), memory=st.floats(32.5, 512))
def test_region_that_was_missed_is_found_with_few_ramps(first: int, cpus: float, memory: float) -> None:
    """Three invalid short tests in a row lead to larger limits; the smaller neighbour that holds leads back."""
    server = SleepingServer(rate_for(cpus), memory)
    spoilt = frozenset(range(first, first + 3))
    runner = SyntheticRunner(server, SearchSpec(replicas=()), spoilt=spoilt)

    found = minimum_of(search(runner))

    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1
    ramps = [trial for trial in runner.trials if trial.kind is TrialKind.RAMP]
    assert len(ramps) <= 16


def test_only_invalid_trials_decide_nothing() -> None:
    """Each trial is made three times, and the result is undecided."""
    runner = SyntheticRunner(SleepingServer(rate_for(0.1)), SPEC, invalid=1)

    result = search(runner)

    assert result.minimum is None
    assert result.max_users is not None
    assert isinstance(result.max_users.stopped_by.verdict, Invalid)
    assert len(result.undecided) == 1
    assert runner.trials.count(runner.trials[0]) == 3


def test_search_goes_on_below_the_usual_range() -> None:
    """A server that needs less than its first values gets less, and both smaller neighbours are shown failing."""
    found = minimum_of(search(SyntheticRunner(SleepingServer(rate_for(0.021), 21), SPEC)))

    assert (found.limits.cpus, found.limits.memory_mib) == (0.022, 22)
    assert criterion(found.smaller_cpus) == Criterion.RATE
    assert criterion(found.smaller_memory) == Criterion.OOM
    assert not found.cpus_is_upper_bound
    assert not found.memory_is_upper_bound


def test_smallest_limits_of_a_given_range_are_upper_bounds() -> None:
    """Nothing smaller may be tried, so that there is no smaller neighbour; the other end of the range is no bound."""
    given_range = SearchSpec(least_cpus=0.05, least_memory_mib=32, replicas=())
    found = minimum_of(search(SyntheticRunner(SleepingServer(1e9, 1), given_range)))

    assert (found.limits.cpus, found.limits.memory_mib) == (0.05, 32)
    assert (found.smaller_cpus, found.smaller_memory) == (None, None)
    assert found.cpus_is_upper_bound
    assert found.memory_is_upper_bound


def test_smallest_possible_limits_are_upper_bounds() -> None:
    """The kernel accepts no smaller CPU quota, and no container starts with less memory."""
    found = minimum_of(search(SyntheticRunner(SleepingServer(1e9, 1), SPEC)))

    assert (found.limits.cpus, found.limits.memory_mib) == (0.01, 10)
    assert found.cpus_is_upper_bound
    assert found.memory_is_upper_bound


@pytest.mark.parametrize("overhead", [-0.02, 0, 0.02])
def test_replicas_are_compared_with_equal_and_with_the_smallest_cpu(overhead: float) -> None:
    """Replicas that each cost CPU need more than one instance, and those that save CPU need less."""

    class Replicated(SleepingServer):
        """Every further replica costs some cores."""

        def step(self, limits: Any, users: int, seconds: float, requests: float) -> Any:
            """A step with the cores that are left."""
            share = 1 - overhead * (limits.replicas - 1) / limits.total_cpus
            server = SleepingServer(self.rate_per_core * share, self.memory_mib)
            return server.step(limits, users, seconds, requests)

    result = search(SyntheticRunner(Replicated(rate_for(0.3)), SPEC))

    one = minimum_of(result).limits
    assert [each.replicas for each in result.replica_results] == [2, 3, 4]
    for each in result.replica_results:
        assert each.limits is not None
        needed = 0.3 + overhead * (each.replicas - 1)
        assert needed * 0.99 <= each.limits.total_cpus <= needed * 1.1
        assert each.limits.memory_mib == one.memory_mib
        assert each.confirmations == 1
        assert abs(each.equal.limits.total_cpus - one.cpus) < 0.001
        assert criterion(each.smaller) == Criterion.RATE
