"""Who is measured when."""

from benchmarks.schedule import Load, Turn, turns

BOTH = ("single", "batch")
LOADS = [Load("single", 1), Load("single", 64), Load("batch", 64)]


def test_those_who_are_compared_are_neighbours() -> None:
    """All servers meet a load in each round, and everybody has been there before anybody comes again."""
    made = list(turns({"a": BOTH, "b": BOTH}, LOADS, repeats=2))

    assert [turn.repeat for turn in made] == [0, 0, 1, 1] * 3
    assert all({first.server, second.server} == {"a", "b"} for first, second in zip(made[::2], made[1::2], strict=True))


def test_few_connections_come_before_many() -> None:
    """A single client is never measured right after many: a server would still batch for them."""
    mixed = [Load("single", 512), Load("batch", 64), Load("single", 1)]
    made = list(turns({"a": BOTH}, mixed, repeats=2))

    assert [turn.connections for turn in made] == [1, 1, 64, 64, 512, 512]


def test_each_round_begins_with_another() -> None:
    """Nobody is always the first after a change of load."""
    made = list(turns({"a": BOTH, "b": BOTH, "c": BOTH}, LOADS[:1], repeats=4))

    assert [turn.server for turn in made[::3]] == ["a", "b", "c", "a"]


def test_a_server_without_batches_is_not_asked_for_any() -> None:
    """It has no such endpoint."""
    made = list(turns({"a": ("single",), "b": BOTH}, LOADS, repeats=1))

    assert [turn for turn in made if turn.kind == "batch"] == [Turn("b", "batch", 64, 0)]


def test_nobody_is_left() -> None:
    """All failed: an empty schedule, not an error."""
    assert list(turns({}, LOADS, repeats=2)) == []
