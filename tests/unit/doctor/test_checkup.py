"""Checks at the same time, with a time limit and an exit code."""

import threading
from collections.abc import Iterator

import pytest

from doctor.checkup import Check, CheckResult, exit_code, run_checks
from doctor.finding import Finding, Level, NotCheckedError, fault, note, warning
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, healthy

NOTE = note("a", "what", "why", "remedy")
WARNING = warning("b", "what", "why", "remedy")
FAULT = fault("c", "what", "why", "remedy")


def _finds(*findings: Finding) -> Check:
    return Check("name", "title", lambda _installation: list(findings))


def test_the_results_are_in_the_order_of_the_checks() -> None:
    """One result for each check, although they run at the same time."""
    together = threading.Barrier(3, timeout=10)

    def find(_installation: Installation) -> list[Finding]:
        together.wait()
        return [FAULT]

    checks = [Check(name, name, find) for name in "abc"]

    results = run_checks(checks, healthy())

    assert [result.check.name for result in results] == ["a", "b", "c"]
    assert all(result.findings == [FAULT] for result in results)


def test_a_check_that_is_not_possible() -> None:
    """What it found before is kept."""

    def find(_installation: Installation) -> Iterator[Finding]:
        yield WARNING
        raise NotCheckedError("mysql no está en pie")

    [result] = run_checks([Check("name", "title", find)], healthy())

    assert (result.findings, result.not_checked) == ([WARNING], "mysql no está en pie")


def test_a_check_that_fails_is_a_finding() -> None:
    """The other checks are still worth having."""

    def fail(_installation: Installation) -> list[Finding]:
        raise KeyError("State")

    failed, other = run_checks([Check("name", "title", fail), _finds(FAULT)], healthy())

    assert codes(failed.findings) == ["check-failed"]
    assert "State" in failed.findings[0].what
    assert other.findings == [FAULT]


def test_a_check_that_does_not_end_is_a_finding() -> None:
    """Nobody waits for it beyond the limit."""
    end = threading.Event()

    def hang(_installation: Installation) -> list[Finding]:
        end.wait(60)
        return []

    hanging, other = run_checks([Check("name", "title", hang), _finds(NOTE)], healthy(), time_limit=0.2)
    end.set()

    assert codes(hanging.findings) == ["check-too-slow"]
    assert other.findings == [NOTE]


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([NOTE], 0), ([NOTE, WARNING], 1), ([FAULT, WARNING], 2)],
)
def test_the_exit_code_is_that_of_the_worst(findings: list[Finding], code: int) -> None:
    """0 without problems, 1 with warnings, 2 with faults."""
    assert exit_code([CheckResult(_finds()), CheckResult(_finds(), findings)]) == code
    assert Level(code) == max((finding.level for finding in findings), default=Level.NOTE)
