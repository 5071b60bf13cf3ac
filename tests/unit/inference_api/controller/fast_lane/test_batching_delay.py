"""The batching delay on recorded arrivals: there is one where it costs nothing, and nowhere else."""

import pytest

from src.controller.fast_lane.batching_delay import NO_DELAY, BatchingDelay
from tests.unit.inference_api.controller.fast_lane.arrivals import (
    Clients,
    Player,
    ThinkingClients,
    in_bursts,
    independent_users,
)

LONGEST = 0.02


@pytest.mark.parametrize("rate", [3000.0, 5714.0, 20_000.0])
def test_independent_users_get_the_longest_delay(rate: float) -> None:
    """Many users who do not wait for each other: soon the delay is the longest, and few polls serve them all."""
    player = Player(LONGEST).play(independent_users(rate, 3.0), 3.0)

    assert max(length for _moment, length in player.lengths) == LONGEST
    late = [length for moment, length in player.lengths if moment > 1.0]
    assert sum(late) / len(late) > 0.8 * LONGEST
    assert len(late) < 2.0 * 120


@pytest.mark.parametrize("rate", [800.0, 1500.0, 2500.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_independent_users_get_a_delay_too(rate: float, seed: int) -> None:
    """Where a short delay brings one or two requests, a longer one is tried: far fewer polls than requests."""
    player = Player(LONGEST).play(independent_users(rate, 4.0, seed), 4.0)

    assert player.polls < 0.35 * len(player.answered)
    assert player.delayed > 0.6 * player.now


@pytest.mark.parametrize("rate", [2500.0, 5714.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_users_whose_machine_stutters_get_a_delay(rate: float, seed: int) -> None:
    """Requests that come in bursts of up to 15 ms, with silence between them, are still those of independent users."""
    player = Player(LONGEST).play(in_bursts(independent_users(rate, 6.0, seed), 0.015, seed), 6.0)

    assert player.polls < len(player.answered) / 15


@pytest.mark.parametrize("rate", [3000.0, 5714.0])
def test_a_delay_costs_no_more_than_its_length(rate: float) -> None:
    """The slowest answer is later by at most the longest delay and the time of answering those that came in it."""
    arrivals = independent_users(rate, 2.0)
    with_delay = Player(LONGEST).play(arrivals, 2.0).waits()
    without = Player(0.0).play(arrivals, 2.0).waits()

    assert with_delay[-1] <= without[-1] + LONGEST + 0.005


def test_a_lone_client_pays_nothing() -> None:
    """One client that waits for each answer: the median is the same, and hardly any time is spent in delays."""
    clients = Clients(1, 0.00005)
    player = Player(LONGEST, clients).play(clients.first(), 5.0)
    alone = Player(0.0, Clients(1, 0.00005)).play(clients.first(), 5.0)

    middle = len(player.waits()) // 2
    assert player.waits()[middle] == pytest.approx(alone.waits()[middle], rel=0.01)
    assert player.delayed < 0.02 * player.now
    assert player.throughput() > 0.97 * alone.throughput()


@pytest.mark.parametrize("count", [2, 8, 64, 512])
@pytest.mark.parametrize("turn_seconds", [0.000002, 0.00001, 0.00005])
def test_waiting_clients_keep_their_throughput(count: int, turn_seconds: float) -> None:
    """Clients that wait for their answers are served at 90 % or more of the rate without delays."""
    with_delay = Player(LONGEST, clients := Clients(count, turn_seconds)).play(clients.first(), 5.0)
    without = Player(0.0, Clients(count, turn_seconds)).play(clients.first(), 5.0)

    assert with_delay.throughput() >= 0.9 * without.throughput()


@pytest.mark.parametrize(("count", "pause_seconds"), [(1, 0.0012), (8, 0.0012), (16, 0.0012), (64, 0.005)])
def test_clients_that_pause_before_they_ask_again_keep_their_throughput(count: int, pause_seconds: float) -> None:
    """Their requests all come late in a delay instead of early, which is no steady stream either."""
    with_delay = Player(LONGEST, clients := ThinkingClients(count, pause_seconds)).play(clients.first(), 6.0)
    without = Player(0.0, ThinkingClients(count, pause_seconds)).play(clients.first(), 6.0)

    assert with_delay.throughput() >= 0.9 * without.throughput()


def test_delays_end_with_the_users() -> None:
    """After the users have left, a single one is not made to wait."""
    users = independent_users(5714.0, 2.0)
    alone = [2.0 + number * 0.03 for number in range(1, 200)]
    player = Player(LONGEST).play([*users, *alone], 9.0)

    waits = sorted(answer - arrival for arrival, answer in player.answered if arrival > 2.5)
    assert waits[len(waits) // 2] < 0.001


def test_a_frozen_process_learns_from_the_time_that_really_passed() -> None:
    """Under a CPU quota the process stands still for most of each period: the delays stay."""
    player = Player(LONGEST, frozen=0.06).play(independent_users(5714.0, 3.0), 3.0)

    late = [length for moment, length in player.lengths if moment > 1.0]
    assert sum(late) / len(late) > 0.7 * LONGEST


def test_delays_can_be_turned_off() -> None:
    """With 0 as the longest delay there is none, whatever comes."""
    delay = BatchingDelay(0.0)

    assert all(delay.after(answered) is NO_DELAY for answered in (0, 1, 50, 1000))


def test_a_delay_is_never_longer_than_allowed() -> None:
    """A longest delay below the shortest one that is tried is kept as well."""
    player = Player(0.001).play(independent_users(5714.0, 1.0), 1.0)

    assert max(length for _moment, length in player.lengths) <= 0.001


def test_an_empty_poll_has_no_delay() -> None:
    """A poll that found nothing, such as a connection that ended, starts no delay."""
    assert BatchingDelay(LONGEST).after(0) is NO_DELAY
