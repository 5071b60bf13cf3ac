"""Staircases have the last word, where they contradict holds and where they decide nothing."""

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
    """Answers by one rule for holds and another for staircases.

    Attributes:
        hold: The rule for holds.
        climb: The rule for staircases.
        held: What was asked for holds.
        climbed: What was asked for staircases.
    """

    hold: Rule
    climb: Rule
    held: list[Limits] = field(default_factory=list)
    climbed: list[Limits] = field(default_factory=list)

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Hold."""
        self.held.append(limits)
        return self.hold(limits, users)

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Climb."""
        self.climbed.append(limits)
        return self.climb(limits, users)

    def search(self, replicas: tuple[int, ...] = ()) -> SearchResult:
        """Answer the default spec."""
        [*_, answer] = Search(SearchSpec(replicas=replicas), self, enter=lambda _: None).run()
        return answer


def needs(cpus: float, memory_mib: int) -> Rule:
    """Holds from these totals on."""

    def rule(limits: Limits, users: int) -> Verdict:
        del users
        if limits.memory_mib < memory_mib:
            return KILLED
        return SLOW if limits.total_cpus < cpus else Holds()

    return rule


def test_a_staircase_that_runs_out_of_memory_gets_more_memory_and_no_more_cpu() -> None:
    """One step up in what was short."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 120))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.limits.memory_mib == min(each for each in SearchSpec().memory_mib if each >= 120)
    assert max(limits.cpus for limits in client.climbed) == minimum.limits.cpus


def test_a_staircase_that_is_too_slow_gets_more_cpu_and_no_more_memory() -> None:
    """Holds were too kind: staircases go up until they hold."""
    client = RuledClient(needs(0.1, 80), needs(0.15, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.limits.cpus == min(each for each in SearchSpec().cpus if each >= 0.15)
    assert max(limits.memory_mib for limits in client.climbed) == minimum.limits.memory_mib


def test_memory_is_not_searched_at_the_bare_minimum_of_cpu() -> None:
    """There a want of CPU would look like a want of memory."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    cpus = SearchSpec().cpus
    searched = {limits.cpus for limits in client.held if limits.memory_mib < SearchSpec().memory_mib[-1]}
    least = cpus.index(minimum.limits.cpus)
    assert searched - {cpus[least], cpus[least - 1]} == {cpus[least + 2]}


def test_memory_that_is_too_little_beside_more_cpu_is_so_beside_less() -> None:
    """It is asked once, and the neighbour is told as what was asked."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert minimum.smaller_memory is not None
    smaller = max(each for each in SearchSpec().memory_mib if each < 80)
    assert [limits for limits in client.held if limits.memory_mib == smaller] == [minimum.smaller_memory.limits]
    assert minimum.smaller_memory.limits.cpus > minimum.limits.cpus
    assert minimum.smaller_memory.verdict == KILLED


def test_memory_that_is_too_little_for_all_users_says_nothing_of_fewer() -> None:
    """Where the most of both is too little memory, the most users are found all the same."""

    def most(limits: Limits, users: int) -> Verdict:
        del limits
        return Holds() if users <= 6_000 else KILLED

    reached = RuledClient(most, most).search().max_users

    assert reached is not None
    assert (reached.users, reached.confirmations) == (6_000, 3)


def test_staircases_that_decide_nothing_leave_the_minimum_unconfirmed() -> None:
    """Neither confirmed nor failed: three asks, the reason told, and no comparison with replicas."""
    client = RuledClient(needs(0.1, 80), lambda _limits, _users: BUSY)

    answer = client.search(replicas=(2,))

    assert answer.minimum is not None
    assert (answer.minimum.confirmations, answer.minimum.undecided) == (0, BUSY)
    assert answer.undecided == (BUSY,)
    assert len(client.climbed) == 3
    assert answer.replica_results == ()


def test_a_neighbour_that_could_not_be_decided_is_not_called_failing() -> None:
    """The answer stays, and says that it may be better."""

    def climb(limits: Limits, users: int) -> Verdict:
        return BUSY if limits.cpus < 0.1 else needs(0.1, 80)(limits, users)

    def hold(limits: Limits, users: int) -> Verdict:
        return Holds() if limits.memory_mib == answered else needs(0.1, 80)(limits, users)

    answered = next(each for each in SearchSpec().memory_mib if each >= 80)
    answer = RuledClient(hold, climb).search()

    assert answer.minimum is not None
    assert answer.minimum.confirmations == 3
    assert answer.minimum.smaller_cpus is not None
    assert answer.minimum.smaller_cpus.verdict == BUSY
    assert answer.undecided == (BUSY,)


def test_when_no_staircase_holds_the_most_users_are_searched() -> None:
    """Holds alone are no answer, nor do they tell the most users: staircases go down a step at a time."""

    def climb(limits: Limits, users: int) -> Verdict:
        return Holds() if users <= 6_000 else needs(9, 32)(limits, users)

    def hold(limits: Limits, users: int) -> Verdict:
        return SLOW if 7_500 < users < 10_000 else needs(0.5, 400)(limits, users)

    answer = RuledClient(hold, climb).search()

    assert answer.minimum is None
    assert answer.max_users is not None
    assert (answer.max_users.users, answer.max_users.confirmations) == (6_000, 3)
    assert (answer.max_users.stopped_by.users, answer.max_users.stopped_by.verdict) == (6_500, SLOW)


def test_replicas_that_run_out_of_memory_are_not_given_cores() -> None:
    """More CPU does not mend it."""

    def hold(limits: Limits, users: int) -> Verdict:
        return KILLED if limits.replicas > 1 else needs(0.1, 80)(limits, users)

    client = RuledClient(hold, needs(0.1, 80))

    [several] = client.search(replicas=(2,)).replica_results

    assert (several.equal.verdict, several.limits, several.smaller) == (KILLED, None, None)
    assert sum(limits.replicas == 2 for limits in client.held) == 1


def test_replicas_that_do_not_hold_twice_get_the_next_larger_cores() -> None:
    """And the failed one is the smaller neighbour, also where it is the same as one instance needs."""
    seen: set[Limits] = set()

    def hold(limits: Limits, users: int) -> Verdict:
        first = limits not in seen
        seen.add(limits)
        return needs(0.1 if limits.replicas == 1 or first else 0.12, 80)(limits, users)

    [several] = RuledClient(hold, needs(0.1, 80)).search(replicas=(2,)).replica_results

    assert several.limits is not None
    assert several.smaller is not None
    assert several.smaller.limits.total_cpus < several.limits.total_cpus
    assert (several.smaller.verdict, several.confirmations) == (SLOW, 1)
    # What one instance needs held at first as well.
    assert several.equal.limits.total_cpus < several.limits.total_cpus
    assert several.equal.verdict == SLOW


@pytest.mark.parametrize("needed", [0.11, 0.16, 0.3])
def test_replicas_that_miss_the_rate_are_given_what_it_takes(needed: float) -> None:
    """The share of the rate that they answer says how much more they need; the edge is found all the same."""

    def hold(limits: Limits, users: int) -> Verdict:
        if limits.replicas == 1 or limits.total_cpus >= needed:
            return needs(0.1, 80)(limits, users)
        # Some of the cores go to the replicas themselves.
        return Fails(Criterion.RATE, 1, users, 5400 * (limits.total_cpus - 0.01) / (needed - 0.01), 5400)

    client = RuledClient(hold, needs(0.1, 80))
    [several] = client.search(replicas=(3,)).replica_results

    assert several.limits is not None
    assert several.smaller is not None
    assert several.smaller.limits.total_cpus < needed <= several.limits.total_cpus < 1.11 * needed
    assert several.smaller.verdict == hold(several.smaller.limits, 10_000)
    assert sum(limits.replicas == 3 for limits in client.held) <= 6


def test_replicas_that_could_not_be_decided_are_told() -> None:
    """With the limits that held once, unconfirmed."""
    seen: set[Limits] = set()

    def hold(limits: Limits, users: int) -> Verdict:
        again = limits.replicas > 1 and limits in seen
        seen.add(limits)
        return BUSY if again else needs(0.1, 80)(limits, users)

    answer = RuledClient(hold, needs(0.1, 80)).search(replicas=(2,))

    [several] = answer.replica_results
    assert (several.confirmations, several.undecided) == (0, BUSY)
    assert answer.undecided == (BUSY,)


def test_a_neighbour_that_does_not_hold_for_a_moment_climbs_no_staircase() -> None:
    """All users are there after the answer's staircases, and a moment of them is shown failing in seconds."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))

    minimum = client.search().minimum

    assert minimum is not None
    assert set(client.climbed) == {minimum.limits}
    assert minimum.smaller_cpus is not None
    assert minimum.smaller_memory is not None
    assert (minimum.smaller_cpus.verdict, minimum.smaller_memory.verdict) == (SLOW, KILLED)


def test_less_of_one_kind_never_takes_more_of_the_other() -> None:
    """A smaller memory that holds once, and is too slow the second time, is no reason to take more CPU."""
    smaller = max(each for each in SearchSpec().memory_mib if each < 80)
    asked: Counter[str] = Counter()

    def hold(limits: Limits, users: int) -> Verdict:
        asked["holds"] += limits.memory_mib == smaller
        # Not found by the first look, so that the search comes to it on its way down.
        return REFUSED if limits.memory_mib == smaller and asked["holds"] == 1 else needs(0.1, smaller)(limits, users)

    def climb(limits: Limits, users: int) -> Verdict:
        asked["climbs"] += limits.memory_mib == smaller
        return SLOW if limits.memory_mib == smaller and asked["climbs"] > 1 else needs(0.1, smaller)(limits, users)

    client = RuledClient(hold, climb)
    minimum = client.search().minimum

    assert minimum is not None
    assert asked["climbs"] == 2
    assert minimum.limits == Limits(min(each for each in SearchSpec().cpus if each >= 0.1), min(_from(80)))
    assert max(limits.cpus for limits in client.climbed) == minimum.limits.cpus


def test_other_questions_may_be_asked_before_each_further_staircase() -> None:
    """The answer so far is known meanwhile: one staircase, then two and the replicas, then all."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))
    search = Search(SearchSpec(replicas=(2,)), client, enter=lambda _: None, most_users=18_000)

    known = [(answer, len(client.climbed)) for answer in search.run()]

    assert [climbed for _, climbed in known] == [1, 2, 3]
    assert [answer.minimum.confirmations for answer, _ in known if answer.minimum] == [1, 2, 3]
    assert [len(answer.replica_results) for answer, _ in known] == [0, 1, 1]
    assert all(answer.headroom == Headroom(None) for answer, _ in known)
    assert sum(limits.replicas == 2 for limits in client.held) == len(_held_by_two_replicas())


def test_a_minimum_of_a_fast_minute_is_none_when_the_minute_is_over() -> None:
    """Where the last staircase fails it goes up, and the replicas are compared with what one instance really needs."""
    cpus = SearchSpec().cpus
    fast, slow = cpus[10], cpus[12]
    client = RuledClient(needs(fast, 80), needs(fast, 80))
    for answer in Search(SearchSpec(replicas=(2,)), client, enter=lambda _: None).run():
        if len(answer.replica_results) and answer.minimum is not None and answer.minimum.limits.cpus == fast:
            assert answer.replica_results[0].equal.limits.total_cpus == pytest.approx(fast, abs=0.001)
            client.hold = client.climb = needs(slow, 80)

    assert answer.minimum is not None
    assert (answer.minimum.limits.cpus, answer.minimum.confirmations) == (slow, 3)
    assert answer.minimum.smaller_cpus is not None
    assert (answer.minimum.smaller_cpus.limits.cpus, answer.minimum.smaller_cpus.verdict) == (cpus[11], SLOW)
    assert answer.replica_results[0].equal.limits.total_cpus == pytest.approx(slow, abs=0.001)


def test_a_minimum_that_went_up_climbs_its_staircases_apart_too() -> None:
    """Other questions may be asked between all three, as between those of one that never failed."""
    cpus = SearchSpec().cpus
    fast, slow = cpus[10], cpus[12]
    client = RuledClient(needs(fast, 80), needs(fast, 80))
    known: list[tuple[float, int]] = []
    for answer in Search(SearchSpec(replicas=()), client, enter=lambda _: None).run():
        assert answer.minimum is not None
        known.append((answer.minimum.limits.cpus, answer.minimum.confirmations))
        if known[-1] == (fast, 2):
            client.hold = client.climb = needs(slow, 80)

    assert known == [(fast, 1), (fast, 2), (slow, 1), (slow, 2), (slow, 3)]


def _held_by_two_replicas() -> list[Limits]:
    """What a comparison that is made once asks for."""
    client = RuledClient(needs(0.1, 80), needs(0.1, 80))
    client.search(replicas=(2,))
    return [limits for limits in client.held if limits.replicas == 2]


def _from(memory_mib: int) -> list[int]:
    return [each for each in SearchSpec().memory_mib if each >= memory_mib]
