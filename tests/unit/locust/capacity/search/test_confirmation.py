"""Ramps decide the result, also when they contradict short tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, SearchResult
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds, Invalid, Reason, Verdict
from capacity.search.search import Search

SLOW = Fails(Criterion.P99, 20, 10_000, 300, 250)
KILLED = Fails(Criterion.OOM, 20, 10_000, 1, 0)
REFUSED = Fails(Criterion.FAILURES, 20, 10_000, 1, 0)
BUSY = Invalid(Reason.GENERATOR_BUSY, 20, 0.9, 0.85)
Rule = Callable[[Limits, int], Verdict]


@dataclass
class RuledClient:
    """Returns verdicts by one rule for short tests and another for ramps.

    Attributes:
        short_rule: The rule for short tests.
        ramp_rule: The rule for ramps.
        short_tests: Limits of the short tests.
        ramps: Limits of the ramps.
    """

    short_rule: Rule
    ramp_rule: Rule
    short_tests: list[Limits] = field(default_factory=list)
    ramps: list[Limits] = field(default_factory=list)

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Apply the rule for short tests."""
        self.short_tests.append(limits)
        return self.short_rule(limits, users)

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Apply the rule for ramps."""
        self.ramps.append(limits)
        return self.ramp_rule(limits, users)

    def search(self, replicas: tuple[int, ...] = ()) -> SearchResult:
        """Search with the default specification."""
        [*_, result] = Search(SearchSpec(replicas=replicas), self, enter=lambda _: None).run()
        return result


def needs(cpus: float, memory_mib: int) -> Rule:
    """A rule by which these totals hold, and more."""

    def rule(limits: Limits, users: int) -> Verdict:
        del users
        if limits.memory_mib < memory_mib:
            return KILLED
        return SLOW if limits.total_cpus < cpus else Holds()

    return rule


def test_ramp_that_lacks_memory_gets_more_memory_and_no_more_cpu() -> None:
    """One step up in the resource that was short."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 120))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.limits.memory_mib == min(each for each in SearchSpec().memory_mib if each >= 120)
    assert max(limits.cpus for limits in client.ramps) == minimum.limits.cpus


def test_ramp_that_is_too_slow_gets_more_cpu_and_no_more_memory() -> None:
    """The limits grow until ramps hold as well."""
    client = RuledClient(needs(0.1, 80), needs(0.15, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.limits.cpus == min(each for each in SearchSpec().cpus if each >= 0.15)
    assert max(limits.memory_mib for limits in client.ramps) == minimum.limits.memory_mib


def test_memory_is_searched_with_a_margin_of_cpu() -> None:
    """Without it a lack of CPU would look like a lack of memory."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    cpus = SearchSpec().cpus
    searched = {limits.cpus for limits in client.short_tests if limits.memory_mib < SearchSpec().memory_mib[-1]}
    least = cpus.index(minimum.limits.cpus)
    assert searched - {cpus[least], cpus[least - 1]} == {cpus[least + 2]}


def test_lack_of_memory_with_more_cpu_is_not_tested_again_with_less() -> None:
    """It is tested once, and the neighbour has the limits of that test."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.smaller_memory is not None
    smaller = max(each for each in SearchSpec().memory_mib if each < 80)
    assert [limits for limits in client.short_tests if limits.memory_mib == smaller] == [minimum.smaller_memory.limits]
    assert minimum.smaller_memory.limits.cpus > minimum.limits.cpus
    assert minimum.smaller_memory.verdict == KILLED


def test_lack_of_memory_for_all_users_is_none_for_fewer() -> None:
    """When the largest limits lack memory for all users, the most users are still found."""

    def most(limits: Limits, users: int) -> Verdict:
        del limits
        return Holds() if users <= 6_000 else KILLED

    max_users = RuledClient(most, most).search().max_users

    assert max_users is not None
    assert (max_users.users, max_users.confirmations) == (6_000, 3)


def test_invalid_ramps_leave_the_minimum_unconfirmed() -> None:
    """After three trials the result has the reason, and replicas are not compared."""
    client = RuledClient(needs(0.1, 80), lambda _limits, _users: BUSY)

    result = client.search(replicas=(2,))

    assert result.minimum is not None
    assert (result.minimum.confirmations, result.minimum.undecided) == (0, BUSY)
    assert result.undecided == (BUSY,)
    assert len(client.ramps) == 3
    assert result.replica_results == ()


def test_invalid_neighbour_is_no_failure() -> None:
    """The minimum stays, and the result says that it may be smaller."""

    def ramp_rule(limits: Limits, users: int) -> Verdict:
        return BUSY if limits.cpus < 0.1 else needs(0.1, 80)(limits, users)

    def short_rule(limits: Limits, users: int) -> Verdict:
        return Holds() if limits.memory_mib == answered else needs(0.1, 80)(limits, users)

    answered = next(each for each in SearchSpec().memory_mib if each >= 80)
    result = RuledClient(short_rule, ramp_rule).search()

    assert result.minimum is not None
    assert result.minimum.confirmations == 3
    assert result.minimum.smaller_cpus is not None
    assert result.minimum.smaller_cpus.verdict == BUSY
    assert result.undecided == (BUSY,)


def test_most_users_are_searched_when_no_ramp_holds() -> None:
    """Short tests alone do not decide the most users either: ramps go down a step at a time."""

    def ramp_rule(limits: Limits, users: int) -> Verdict:
        return Holds() if users <= 6_000 else needs(9, 32)(limits, users)

    def short_rule(limits: Limits, users: int) -> Verdict:
        return SLOW if 7_500 < users < 10_000 else needs(0.5, 400)(limits, users)

    result = RuledClient(short_rule, ramp_rule).search()

    assert result.minimum is None
    assert result.max_users is not None
    assert (result.max_users.users, result.max_users.confirmations) == (6_000, 3)
    assert (result.max_users.stopped_by.users, result.max_users.stopped_by.verdict) == (6_500, SLOW)


def test_replicas_that_lack_memory_get_no_more_cpu() -> None:
    """It would not help."""

    def short_rule(limits: Limits, users: int) -> Verdict:
        return KILLED if limits.replicas > 1 else needs(0.1, 80)(limits, users)

    client = RuledClient(short_rule, needs(0.1, 80))

    [replicas] = client.search(replicas=(2,)).replica_results

    assert (replicas.equal.verdict, replicas.limits, replicas.smaller) == (KILLED, None, None)
    assert sum(limits.replicas == 2 for limits in client.short_tests) == 1


def test_replicas_that_do_not_hold_twice_get_the_next_larger_cpu() -> None:
    """The failed one is the smaller neighbour, also when it equals what one instance needs."""
    seen: set[Limits] = set()

    def short_rule(limits: Limits, users: int) -> Verdict:
        first = limits not in seen
        seen.add(limits)
        return needs(0.1 if limits.replicas == 1 or first else 0.12, 80)(limits, users)

    [replicas] = RuledClient(short_rule, needs(0.1, 80)).search(replicas=(2,)).replica_results

    assert replicas.limits is not None
    assert replicas.smaller is not None
    assert replicas.smaller.limits.total_cpus < replicas.limits.total_cpus
    assert (replicas.smaller.verdict, replicas.confirmations) == (SLOW, 1)
    # What one instance needs held at first as well.
    assert replicas.equal.limits.total_cpus < replicas.limits.total_cpus
    assert replicas.equal.verdict == SLOW


@pytest.mark.parametrize("needed", [0.11, 0.16, 0.3])
def test_replicas_that_miss_the_rate_get_proportionally_more_cpu(needed: float) -> None:
    """The boundary is found from there."""

    def short_rule(limits: Limits, users: int) -> Verdict:
        if limits.replicas == 1 or limits.total_cpus >= needed:
            return needs(0.1, 80)(limits, users)
        # Some of the cores go to the replicas themselves.
        return Fails(Criterion.RATE, 1, users, 5400 * (limits.total_cpus - 0.01) / (needed - 0.01), 5400)

    client = RuledClient(short_rule, needs(0.1, 80))
    [replicas] = client.search(replicas=(3,)).replica_results

    assert replicas.limits is not None
    assert replicas.smaller is not None
    assert replicas.smaller.limits.total_cpus < needed <= replicas.limits.total_cpus < 1.11 * needed
    assert replicas.smaller.verdict == short_rule(replicas.smaller.limits, 10_000)
    assert sum(limits.replicas == 3 for limits in client.short_tests) <= 6


def test_invalid_trial_leaves_replicas_undecided() -> None:
    """The result has the limits that held once, unconfirmed."""
    seen: set[Limits] = set()

    def short_rule(limits: Limits, users: int) -> Verdict:
        again = limits.replicas > 1 and limits in seen
        seen.add(limits)
        return BUSY if again else needs(0.1, 80)(limits, users)

    result = RuledClient(short_rule, needs(0.1, 80)).search(replicas=(2,))

    [replicas] = result.replica_results
    assert (replicas.confirmations, replicas.undecided) == (0, BUSY)
    assert result.undecided == (BUSY,)


def test_neighbour_that_fails_a_short_test_needs_no_ramp() -> None:
    """All users run after the ramps, so that a short test takes seconds."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert set(client.ramps) == {minimum.limits}
    assert minimum.smaller_cpus is not None
    assert minimum.smaller_memory is not None
    assert (minimum.smaller_cpus.verdict, minimum.smaller_memory.verdict) == (SLOW, KILLED)


def test_less_of_one_resource_never_takes_more_of_the_other() -> None:
    """A smaller memory that holds once, and is too slow the second time, is given up."""
    smaller = max(each for each in SearchSpec().memory_mib if each < 80)
    trials: Counter[str] = Counter()

    def short_rule(limits: Limits, users: int) -> Verdict:
        trials["short"] += limits.memory_mib == smaller
        # Rejected at first, so that the search comes back to it from larger limits.
        return REFUSED if limits.memory_mib == smaller and trials["short"] == 1 else needs(0.1, smaller)(limits, users)

    def ramp_rule(limits: Limits, users: int) -> Verdict:
        trials["ramp"] += limits.memory_mib == smaller
        return SLOW if limits.memory_mib == smaller and trials["ramp"] > 1 else needs(0.1, smaller)(limits, users)

    client = RuledClient(short_rule, ramp_rule)
    minimum = client.search().minimum

    assert minimum is not None
    assert trials["ramp"] == 2
    assert minimum.limits == Limits(min(each for each in SearchSpec().cpus if each >= 0.1), min(_from(80)))
    assert max(limits.cpus for limits in client.ramps) == minimum.limits.cpus


def test_other_searches_may_run_before_each_further_ramp() -> None:
    """The result so far has one ramp, then two and the replicas, then all."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))
    search = Search(SearchSpec(replicas=(2,)), client, enter=lambda _: None, most_users=18_000)

    known = [(result, len(client.ramps)) for result in search.run()]

    assert [ramps for _, ramps in known] == [1, 2, 3]
    assert [result.minimum.confirmations for result, _ in known if result.minimum] == [1, 2, 3]
    assert [len(result.replica_results) for result, _ in known] == [0, 1, 1]
    assert all(result.headroom == Headroom(None) for result, _ in known)
    assert sum(limits.replicas == 2 for limits in client.short_tests) == len(_held_by_two_replicas())


def test_minimum_that_fails_a_later_ramp_becomes_larger() -> None:
    """The replicas are then compared with the larger one."""
    cpus = SearchSpec().cpus
    fast, slow = cpus[10], cpus[12]
    client = RuledClient(needs(fast, 80), needs(fast, 80))
    for result in Search(SearchSpec(replicas=(2,)), client, enter=lambda _: None).run():
        if len(result.replica_results) and result.minimum is not None and result.minimum.limits.cpus == fast:
            assert result.replica_results[0].equal.limits.total_cpus == pytest.approx(fast, abs=0.001)
            client.short_rule = client.ramp_rule = needs(slow, 80)

    assert result.minimum is not None
    assert (result.minimum.limits.cpus, result.minimum.confirmations) == (slow, 3)
    assert result.minimum.smaller_cpus is not None
    assert (result.minimum.smaller_cpus.limits.cpus, result.minimum.smaller_cpus.verdict) == (cpus[11], SLOW)
    assert result.replica_results[0].equal.limits.total_cpus == pytest.approx(slow, abs=0.001)


def test_other_searches_may_run_between_all_ramps_of_a_larger_minimum() -> None:
    """As between those of a minimum that never failed."""
    cpus = SearchSpec().cpus
    fast, slow = cpus[10], cpus[12]
    client = RuledClient(needs(fast, 80), needs(fast, 80))
    known: list[tuple[float, int]] = []
    for result in Search(SearchSpec(replicas=()), client, enter=lambda _: None).run():
        assert result.minimum is not None
        known.append((result.minimum.limits.cpus, result.minimum.confirmations))
        if known[-1] == (fast, 2):
            client.short_rule = client.ramp_rule = needs(slow, 80)

    assert known == [(fast, 1), (fast, 2), (slow, 1), (slow, 2), (slow, 3)]


def _held_by_two_replicas() -> list[Limits]:
    """The short tests of one comparison."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))
    client.search(replicas=(2,))
    return [limits for limits in client.short_tests if limits.replicas == 2]


def _from(memory_mib: int) -> list[int]:
    return [each for each in SearchSpec().memory_mib if each >= memory_mib]
