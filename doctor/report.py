"""The report, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from doctor.checkup import CheckResult, exit_code
from doctor.finding import Finding, Level

_MARKS = {Level.NOTE: "nota", Level.WARNING: "AVISO", Level.FAULT: "FALLO"}
_INDENT = " " * 9
_SUMMARY = {
    Level.NOTE: "Todo bien.",
    Level.WARNING: "Funciona, con avisos.",
    Level.FAULT: "Hay fallos; empieza por el primero: los demás pueden ser su consecuencia.",
}


def as_text(results: Sequence[CheckResult], seconds: float) -> str:
    """One line for each check, and below it what was found."""
    lines = []
    for result in results:
        if result.findings:
            lines += [_finding_text(result.check.title, finding) for finding in result.findings]
        if result.not_checked:
            lines.append(f"{'—':>6}   {result.check.title}: sin comprobar, {result.not_checked}")
        elif not result.findings:
            lines.append(f"{'bien':>6}   {result.check.title}")
    level = Level(exit_code(results))
    return "\n".join([*lines, "", f"{_SUMMARY[level]} ({len(results)} comprobaciones en {seconds:.1f} s)"])


def as_json(results: Sequence[CheckResult], seconds: float) -> str:
    """The same as a JSON document."""
    checks = [
        {
            "check": result.check.name,
            "title": result.check.title,
            "not_checked": result.not_checked or None,
            "findings": [
                {
                    "level": finding.level.name.lower(),
                    "code": finding.code,
                    "what": finding.what,
                    "why": finding.why,
                    "remedy": finding.remedy,
                }
                for finding in result.findings
            ],
        }
        for result in results
    ]
    document = {"exit_code": exit_code(results), "seconds": round(seconds, 2), "checks": checks}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _finding_text(title: str, finding: Finding) -> str:
    what = finding.what.replace("\n", f"\n{_INDENT}")
    return (
        f"{_MARKS[finding.level]:>6}   {title}: {what}\n"
        f"{_INDENT}Por qué importa: {finding.why}\n"
        f"{_INDENT}Arreglo: {finding.remedy}"
    )
