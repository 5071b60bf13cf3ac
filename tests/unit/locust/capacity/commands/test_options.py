"""The command line of a capacity question."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity.commands.options import parse


def test_the_default_question_is_the_workshops() -> None:
    """10,000 users by 500, both ways, replicas behind the gateway only, three confirmations."""
    options = parse([])
    gateway, direct = options.questions
    assert (gateway.via, direct.via) == ("gateway", "direct")
    assert (gateway.users, gateway.step_users, gateway.confirmations) == (10_000, 500, 3)
    assert (gateway.replicas, direct.replicas) == ((2, 3, 4), ())
    assert (gateway.slo.failures, gateway.slo.p99_ms, gateway.slo.achieved_share) == (0, 250, 0.95)
    assert gateway.slo.memory_share == 0.98
    assert options.out == Path.cwd() / "resultados/capacidad"


def test_more_users_are_sought_once_and_open_arrivals_go_through_the_gateway() -> None:
    """Straight at the replicas where that is asked, else by the only way; a quick answer has neither."""
    both, gateway, quick = parse([]), parse(["--via", "gateway"]), parse(["--quick"])

    assert [both.seeks_more_users(via) for via in ("gateway", "direct")] == [False, True]
    assert [both.has_open_arrivals(via) for via in ("gateway", "direct")] == [True, False]
    assert gateway.seeks_more_users("gateway")
    assert not quick.seeks_more_users("gateway")
    assert not quick.has_open_arrivals("gateway")


def test_quick_asks_less() -> None:
    """One way, once, without replicas; whoever names one of them gets it."""
    [question] = parse(["--quick"]).questions
    assert (question.via, question.confirmations, question.replicas) == ("gateway", 1, ())
    options = parse(["--quick", "--via", "direct", "--confirmations", "2", "--replicas", "2,3,2"])
    [question] = options.questions
    assert (question.via, question.confirmations) == ("direct", 2)
    assert not any(extra("direct") for extra in (options.seeks_more_users, options.has_open_arrivals))
    assert parse(["--quick", "--replicas", "2,3,2"]).questions[0].replicas == (2, 3)


def test_ranges_and_the_objective_are_chosen() -> None:
    """Each word of the command line arrives in the question."""
    options = parse(
        [
            *("--cpus", "0.1:0.5", "--memory", "64:128", "--p99-ms", "100", "--failures", "3"),
            *("--achieved-share", "0.9", "--memory-share", "0.8"),
            *("--users", "600", "--step-users", "200", "--replicas", "0", "--out", "x"),
        ]
    )
    question = options.questions[0]
    assert (question.least_cpus, question.most_cpus) == (0.1, 0.5)
    assert (question.least_memory_mib, question.most_memory_mib) == (64, 128)
    assert (question.slo.p99_ms, question.slo.failures, question.slo.achieved_share) == (100, 3, 0.9)
    assert question.slo.memory_share == 0.8
    assert (question.counts, question.replicas) == ((200, 400, 600), ())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--users", "20000"], "'20000' is not a whole number from 1 to 18000"),
        (["--users", "200"], "steps of 500 users do not lead to 200"),
        (["--cpus", "0.5"], "'0.5' is not a range like 0.05:1"),
        (["--cpus", "1:0.5"], "'1:0.5' is not a range like 0.05:1"),
        (["--cpus", "0.001:0.5"], "it starts at 10 (thousandths of a core, MiB) or more"),
        (["--memory", "64:1e3"], "'64:1e3' is not a range like 32:512"),
        (["--p99-ms", "fast"], "'fast' is not a number from 1 to 60000"),
        (["--replicas", "1"], "'1' is no list like 2,3,4"),
        (["--replicas", "two"], "'two' is no list like 2,3,4"),
        (["--via", "moon"], "invalid choice: 'moon'"),
    ],
)
def test_mistakes_are_said(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a sentence on stderr, and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err
