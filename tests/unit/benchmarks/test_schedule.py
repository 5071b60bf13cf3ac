"""The order of the measurements."""

from benchmarks.schedule import Load, Turn, turns

BOTH = ("single", "batch")
LOADS = [Load("single", 1), Load("single", 64), Load("batch", 64)]


def test_compared_servers_are_measured_one_after_the_other() -> None:
    """In each round every server gets the load once before the next round begins."""
    made = list(turns({"a": BOTH, "b": BOTH}, LOADS, repeats=2))

    assert [turn.repeat for turn in made] == [0, 0, 1, 1] * 3
    assert all({first.server, second.server} == {"a", "b"} for first, second in zip(made[::2], made[1::2], strict=True))


def test_few_connections_come_before_many() -> None:
    """One connection is never measured directly after many: a server would still batch as for many."""
    mixed = [Load("single", 512), Load("batch", 64), Load("single", 1)]
    made = list(turns({"a": BOTH}, mixed, repeats=2))

    assert [turn.connections for turn in made] == [1, 1, 64, 64, 512, 512]


def test_each_round_begins_with_another_server() -> None:
    """No server is always the first one after a change of the load."""
    made = list(turns({"a": BOTH, "b": BOTH, "c": BOTH}, LOADS[:1], repeats=4))

    assert [turn.server for turn in made[::3]] == ["a", "b", "c", "a"]


def test_server_without_batches_gets_none() -> None:
    """A server without an endpoint for batches has no turns with them."""
    made = list(turns({"a": ("single",), "b": BOTH}, LOADS, repeats=1))

    assert [turn for turn in made if turn.kind == "batch"] == [Turn("b", "batch", 64, 0)]


def test_no_servers() -> None:
    """When all servers failed, the schedule is empty."""
    assert list(turns({}, LOADS, repeats=2)) == []
