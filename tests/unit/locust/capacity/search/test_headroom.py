"""Beyond the users that were asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from capacity.model.limits import Limits
from capacity.model.search_result import Headroom
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Criterion, Fails, Holds, Verdict
from capacity.search.headroom import most_beyond

_QUESTION = SearchSpec(users=1000, step_users=100)


@dataclass
class BoundedProbe:
    """Holds so many users and no more."""

    most: int
    asked: list[int] = field(default_factory=list)

    def descend(self, limits: Limits, users: int) -> Verdict:
        """Hold."""
        assert limits == _QUESTION.top
        self.asked.append(users)
        return Holds() if users <= self.most else Fails(Criterion.RATE, 1, users, self.most, users)

    def confirm(self, limits: Limits, users: int) -> Verdict:
        """Climb."""
        raise AssertionError(f"no staircase is needed: {limits}, {users}")


@pytest.mark.parametrize("most", range(1000, 3100, 50))
def test_the_edge_is_found_to_a_step(most: int) -> None:
    """The verdict is that of the first step that is not held, the one below held, and none is asked twice."""
    probe = BoundedProbe(most)
    beyond = most_beyond(_QUESTION, probe, 3000)
    held = most // 100 * 100
    if held >= 3000:
        assert beyond == Headroom(None)
    else:
        assert beyond == Headroom(Fails(Criterion.RATE, 1, held + 100, most, held + 100))
    assert held == 1000 or held in probe.asked
    assert len(set(probe.asked)) == len(probe.asked) <= 9


def test_no_room_is_no_search() -> None:
    """With as many users as the generator can have, nothing is asked."""
    probe = BoundedProbe(9000)
    assert most_beyond(_QUESTION, probe, 1050) == Headroom(None)
    assert probe.asked == []
