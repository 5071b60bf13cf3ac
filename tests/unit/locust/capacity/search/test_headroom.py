"""More users than wanted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.search_result import Headroom
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds, Verdict
from capacity.search.headroom import find_headroom

_QUESTION = SearchSpec(users=1000, step_users=100)


@dataclass
class BoundedClient:
    """Holds up to a number of users."""

    most: int
    tested: list[int] = field(default_factory=list)

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Remember the users."""
        assert limits == _QUESTION.top
        self.tested.append(users)
        return Holds() if users <= self.most else Fails(Criterion.RATE, 1, users, self.most, users)

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Not expected."""
        raise AssertionError(f"no ramp is needed: {limits}, {users}")


@pytest.mark.parametrize("most", range(1000, 3100, 50))
def test_first_number_of_users_that_does_not_hold_is_found(most: int) -> None:
    """To a step; no number is tested twice."""
    client = BoundedClient(most)
    headroom = find_headroom(_QUESTION, client, 3000)
    holding = most // 100 * 100
    if holding >= 3000:
        assert headroom == Headroom(None)
    else:
        assert headroom == Headroom(Fails(Criterion.RATE, 1, holding + 100, most, holding + 100))
    assert holding == 1000 or holding in client.tested
    assert len(set(client.tested)) == len(client.tested) <= 9


def test_generators_limit_ends_the_search() -> None:
    """When no further step fits, nothing is tested."""
    client = BoundedClient(9000)
    assert find_headroom(_QUESTION, client, 1050) == Headroom(None)
    assert client.tested == []
