"""The search finds the limit that was planted, whatever the server does above it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.search_result import Minimum, Neighbour, SearchResult
from capacity.model.slo import Slo, offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind
from capacity.model.verdict import Criterion, Fails, Invalid
from tests.unit.locust.capacity.search.searching import search
from tests.unit.locust.capacity.trial.laboratory import SyntheticLaboratory
from tests.unit.locust.capacity.trial.servers import (
    HOLD_SECONDS,
    FailsAboveServer,
    LeakingServer,
    LyingServer,
    SleepingServer,
)

ROUNDING = 1.0001
QUESTION = SearchSpec()


def rate_for(least_cpus: float, users: int = 10_000) -> float:
    """Requests a second and core of a server that needs so many cores."""
    return Slo().due(users, HOLD_SECONDS) / least_cpus


def minimum_of(answer: SearchResult) -> Minimum:
    """What was found, confirmed as often as asked for."""
    assert answer.max_users is None
    assert answer.minimum is not None
    return answer.minimum


def criterion(neighbour: Neighbour | None) -> Criterion:
    """By what a neighbour fails."""
    assert neighbour is not None
    assert isinstance(neighbour.verdict, Fails)
    return neighbour.verdict.criterion


@given(cpus=st.floats(0.0501, 1), memory=st.floats(32.5, 512))
def test_planted_cpu_and_memory_are_found(cpus: float, memory: float) -> None:
    """Within a tenth above, confirmed three times, with both smaller neighbours shown failing."""
    laboratory = SyntheticLaboratory(SleepingServer(rate_for(cpus), memory), QUESTION)

    found = minimum_of(search(laboratory))

    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1
    assert found.confirmations == 3
    assert criterion(found.smaller_cpus) == Criterion.RATE
    assert criterion(found.smaller_memory) == Criterion.OOM


@given(cpus=st.floats(0.0501, 1), users=st.integers(1, 12).map(lambda steps: steps * 700))
def test_fast_refusals_do_not_pass_for_answers(cpus: float, users: int) -> None:
    """A server that lies with fast 503s is found out by its failures, though its p99 is 10 ms."""
    server = LyingServer(offered_rate(users) / cpus)
    laboratory = SyntheticLaboratory(server, SearchSpec(users=users, step_users=700, replicas=()))

    found = minimum_of(search(laboratory))

    # Less than half a refusal in ten seconds is none.
    assert cpus * (1 - 0.05 / offered_rate(users)) <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert criterion(found.smaller_cpus) == Criterion.FAILURES


@given(cpus=st.floats(0.06, 0.9), memory=st.floats(40, 200), leak=st.floats(0.001, 0.3))
def test_a_leak_is_given_the_memory_of_a_whole_staircase(cpus: float, memory: float, leak: float) -> None:
    """A hold is too short to show it; the staircases are not, and the search goes up until they hold."""
    laboratory = SyntheticLaboratory(LeakingServer(rate_for(cpus), memory, leak), QUESTION)
    needed = laboratory.server.least_memory_mib(laboratory.staircase_requests())

    found = minimum_of(search(laboratory))

    assert needed <= found.limits.memory_mib <= needed * 1.1
    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert criterion(found.smaller_memory) == Criterion.OOM


@given(most=st.integers(0, 9_999), step=st.sampled_from([300, 500, 1000]))
def test_when_all_users_are_too_many_the_most_are_found(most: int, step: int) -> None:
    """The last step that holds, and what stops the next one."""
    question = SearchSpec(step_users=step)
    laboratory = SyntheticLaboratory(FailsAboveServer(rate_for(0.1), most_users=most), question)

    answer = search(laboratory)

    assert answer.minimum is None
    assert answer.max_users is not None
    assert answer.max_users.users == most // step * step
    assert answer.max_users.confirmations == (3 if most >= step else 0)
    assert answer.max_users.limits == question.top
    assert answer.max_users.stopped_by.users == min(10_000, answer.max_users.users + step)
    assert criterion(answer.max_users.stopped_by) == Criterion.FAILURES


@given(seed=st.integers(0, 10_000), cpus=st.floats(0.06, 0.9), memory=st.floats(40, 400))
def test_noise_costs_at_most_its_own_size(seed: int, cpus: float, memory: float) -> None:
    """A capacity that differs by 0.3 % from trial to trial moves the answer no further."""
    laboratory = SyntheticLaboratory(SleepingServer(rate_for(cpus), memory), QUESTION, noise=0.003, seed=seed)

    found = minimum_of(search(laboratory))

    assert cpus * 0.985 <= found.limits.cpus <= cpus * 1.1 * 1.015
    assert found.confirmations == 3


@given(seed=st.integers(0, 10_000), cpus=st.floats(0.06, 0.9), memory=st.floats(40, 400))
def test_a_noisy_machine_is_never_taken_for_the_server(seed: int, cpus: float, memory: float) -> None:
    """Spoilt trials are made again; where all three were spoilt, the answer says that it may be better."""
    laboratory = SyntheticLaboratory(SleepingServer(rate_for(cpus), memory), QUESTION, invalid=0.2, seed=seed)

    answer = search(laboratory)

    if answer.undecided:
        if answer.minimum is not None:
            assert cpus <= answer.minimum.limits.cpus * ROUNDING or answer.minimum.undecided
        return
    found = minimum_of(answer)
    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1


@given(first=st.integers(2, 12), cpus=st.floats(0.0501, 1), memory=st.floats(32.5, 512))
def test_a_bisection_that_was_misled_is_mended_without_climbing_every_step(
    first: int, cpus: float, memory: float
) -> None:
    """Three spoilt holds in a row send it up; the neighbour that holds sends it down again in strides."""
    server = SleepingServer(rate_for(cpus), memory)
    spoilt = frozenset(range(first, first + 3))
    laboratory = SyntheticLaboratory(server, SearchSpec(replicas=()), spoilt=spoilt)

    found = minimum_of(search(laboratory))

    assert cpus <= found.limits.cpus * ROUNDING
    assert found.limits.cpus <= cpus * 1.1 * ROUNDING
    assert memory <= found.limits.memory_mib <= memory * 1.1
    staircases = [ask for ask in laboratory.asked if ask.kind is TrialKind.RAMP]
    assert len(staircases) <= 16


def test_a_machine_that_spoils_everything_decides_nothing() -> None:
    """Each trial is made three times, and the answer is neither that it holds nor that it fails."""
    laboratory = SyntheticLaboratory(SleepingServer(rate_for(0.1)), QUESTION, invalid=1)

    answer = search(laboratory)

    assert answer.minimum is None
    assert answer.max_users is not None
    assert isinstance(answer.max_users.stopped_by.verdict, Invalid)
    assert len(answer.undecided) == 1
    assert laboratory.asked.count(laboratory.asked[0]) == 3


def test_the_least_that_was_asked_for_has_no_smaller_neighbour() -> None:
    """A server that needs next to nothing is answered with the ends of the grid."""
    found = minimum_of(search(SyntheticLaboratory(SleepingServer(1e9, 1), QUESTION)))

    assert (found.limits.cpus, found.limits.memory_mib) == (0.05, 32)
    assert found.smaller_cpus is None
    assert found.smaller_memory is None


@pytest.mark.parametrize("overhead", [-0.02, 0, 0.02])
def test_replicas_are_compared_at_equal_cores_and_then_with_fewer_or_more(overhead: float) -> None:
    """Replicas that cost something each need more than one instance; those that save something need less."""

    class Replicated(SleepingServer):
        """Every further replica takes some cores from all."""

        def step(self, limits: Any, users: int, seconds: float, requests: float) -> Any:
            """As of its base, with what is left."""
            share = 1 - overhead * (limits.replicas - 1) / limits.total_cpus
            server = SleepingServer(self.rate_per_core * share, self.memory_mib)
            return server.step(limits, users, seconds, requests)

    answer = search(SyntheticLaboratory(Replicated(rate_for(0.3)), QUESTION))

    one = minimum_of(answer).limits
    assert [several.replicas for several in answer.replica_results] == [2, 3, 4]
    for several in answer.replica_results:
        assert several.limits is not None
        needed = 0.3 + overhead * (several.replicas - 1)
        assert needed * 0.99 <= several.limits.total_cpus <= needed * 1.1
        assert several.limits.memory_mib == one.memory_mib
        assert several.confirmations == 1
        assert abs(several.equal.limits.total_cpus - one.cpus) < 0.001
        assert criterion(several.smaller) == Criterion.RATE
