"""Runs the checks at the same time, each with a time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from doctor.finding import Finding, Level, NotCheckedError, warning
from doctor.installation import Installation

TIME_LIMIT_SECONDS = 12.0
"""For each check; they run at the same time."""


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: A stable identifier for programs.
        title: Its name for people.
        find: The function that looks for problems.
    """

    name: str
    title: str
    find: Callable[[Installation], Iterable[Finding]]


@dataclass
class CheckResult:
    """What a check found.

    Attributes:
        check: The check.
        findings: The problems.
        not_checked: Why the check was not possible; empty when it was.
    """

    check: Check
    findings: list[Finding] = field(default_factory=list)
    not_checked: str = ""


def run_checks(
    checks: Sequence[Check], installation: Installation, time_limit: float = TIME_LIMIT_SECONDS
) -> list[CheckResult]:
    """Run all checks; one that fails or does not end is a finding of its own."""
    deadline = time.monotonic() + time_limit
    results = [CheckResult(check) for check in checks]
    # Not a thread pool: the interpreter would wait for its threads at exit.
    threads = [
        threading.Thread(target=_run, args=(result, installation), name=result.check.name, daemon=True)
        for result in results
    ]
    for thread in threads:
        thread.start()
    finished = []
    for thread, result in zip(threads, results):
        thread.join(max(0.0, deadline - time.monotonic()))
        finished.append(CheckResult(result.check, [_too_slow(result.check)]) if thread.is_alive() else result)
    return finished


def exit_code(results: Iterable[CheckResult]) -> int:
    """0 without problems, 1 with warnings, 2 with faults."""
    levels = [finding.level for result in results for finding in result.findings]
    return int(max(levels, default=Level.NOTE))


def _run(result: CheckResult, installation: Installation) -> None:
    try:
        # One by one: what was found before a failure is kept.
        for finding in result.check.find(installation):
            result.findings.append(finding)
    except NotCheckedError as reason:
        result.not_checked = str(reason)
    except Exception as error:  # noqa: BLE001 - the other checks are worth having; this one says what happened
        result.findings.append(
            warning(
                "check-failed",
                f"La comprobación «{result.check.title}» falló: {type(error).__name__}: {error}",
                "Es un error de make doctor, no del stack; las demás comprobaciones valen.",
                "Abre un issue en el repositorio con este mensaje.",
            )
        )


def _too_slow(check: Check) -> Finding:
    return warning(
        "check-too-slow",
        f"La comprobación «{check.title}» no terminó a tiempo.",
        "La máquina está muy cargada, o Docker o un servicio no contesta.",
        "docker stats --no-stream",
    )
