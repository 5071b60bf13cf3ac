"""The command line of a capacity spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity.commands.options import parse


def test_defaults_are_those_of_the_workshop() -> None:
    """10,000 users in steps of 500, both routes, replicas through the gateway only, and three confirmations."""
    options = parse([])
    gateway, direct = options.specs
    assert (gateway.via, direct.via) == ("gateway", "direct")
    assert (gateway.users, gateway.step_users, gateway.confirmations) == (10_000, 500, 3)
    assert (gateway.replicas, direct.replicas) == ((2, 3, 4), ())
    assert (gateway.slo.failures, gateway.slo.p99_ms, gateway.slo.achieved_share) == (0, 250, 0.95)
    assert gateway.slo.memory_share == 0.98
    assert (gateway.least_cpus, gateway.most_cpus, gateway.least_memory_mib, gateway.most_memory_mib) == (
        None,
        1,
        None,
        512,
    )
    assert options.out == Path.cwd() / "resultados/capacidad"


def test_last_route_has_more_users_and_the_gateway_open_loop_requests() -> None:
    """A quick search has neither."""
    both, gateway, quick = parse([]), parse(["--via", "gateway"]), parse(["--quick"])

    assert [both.most_users(via) for via in ("gateway", "direct")] == [None, 18_000]
    assert [both.has_open_loop(via) for via in ("gateway", "direct")] == [True, False]
    assert gateway.most_users("gateway") == 18_000
    assert parse(["--most-users", "12000"]).most_users("direct") == 12_000
    assert not quick.most_users("gateway")
    assert not quick.has_open_loop("gateway")


def test_quick_search_is_shorter() -> None:
    """One route, one confirmation, no replicas, unless an option says otherwise."""
    [spec] = parse(["--quick"]).specs
    assert (spec.via, spec.confirmations, spec.replicas) == ("gateway", 1, ())
    options = parse(["--quick", "--via", "direct", "--confirmations", "2", "--replicas", "2,3,2"])
    [spec] = options.specs
    assert (spec.via, spec.confirmations) == ("direct", 2)
    assert not any(extra("direct") for extra in (options.most_users, options.has_open_loop))
    assert parse(["--quick", "--replicas", "2,3,2"]).specs[0].replicas == (2, 3)


def test_options_arrive_in_the_specification() -> None:
    """Ranges, SLO, users and replicas."""
    options = parse(
        [
            *("--cpus", "0.1:0.5", "--memory", "64:128", "--p99-ms", "100", "--failures", "3"),
            *("--achieved-share", "0.9", "--memory-share", "0.8"),
            *("--users", "600", "--step-users", "200", "--replicas", "0", "--out", "x"),
        ]
    )
    spec = options.specs[0]
    assert (spec.least_cpus, spec.most_cpus) == (0.1, 0.5)
    assert (spec.least_memory_mib, spec.most_memory_mib) == (64, 128)
    assert (spec.slo.p99_ms, spec.slo.failures, spec.slo.achieved_share) == (100, 3, 0.9)
    assert spec.slo.memory_share == 0.8
    assert (spec.counts, spec.replicas) == ((200, 400, 600), ())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--users", "20000"], "'20000' is not a whole number from 1 to 18000"),
        (["--users", "200"], "steps of 500 users do not lead to 200"),
        (["--most-users", "9999"], "--most-users 9999 is less than --users 10000"),
        (["--cpus", "0.5"], "'0.5' is not a range like 0.05:1"),
        (["--cpus", "1:0.5"], "'1:0.5' is not a range like 0.05:1"),
        (["--cpus", "0.001:0.5"], "is empty or starts below 10 (thousandths of a core, MiB)"),
        (["--memory", "64:1e3"], "'64:1e3' is not a range like 32:512"),
        (["--p99-ms", "fast"], "'fast' is not a number from 1 to 60000"),
        (["--replicas", "1"], "'1' is no list like 2,3,4"),
        (["--replicas", "two"], "'two' is no list like 2,3,4"),
        (["--via", "moon"], "invalid choice: 'moon'"),
    ],
)
def test_wrong_options_are_explained(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With a sentence on stderr and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err
