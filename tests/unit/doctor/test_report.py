"""The report for people and for programs."""

import json

from doctor.checkup import Check, CheckResult
from doctor.finding import fault, warning
from doctor.report import as_json, as_text

CHECK = Check("database", "Base de datos", lambda _installation: [])
FAULT = fault("database-empty", "Está vacía.\n| last words", "No arranca.", "docker compose up")


def test_a_finding_has_all_its_parts() -> None:
    """What it is, why it matters, and the command that mends it; other lines of it are indented."""
    text = as_text([CheckResult(CHECK, [FAULT])], 1.234)

    assert text.splitlines()[:4] == [
        " FALLO   Base de datos: Está vacía.",
        "         | last words",
        "         Por qué importa: No arranca.",
        "         Arreglo: docker compose up",
    ]
    assert "Hay fallos" in text
    assert "1 comprobaciones en 1.2 s" in text


def test_a_check_without_findings_has_one_line() -> None:
    """It is good, or could not be checked."""
    text = as_text([CheckResult(CHECK), CheckResult(CHECK, not_checked="mysql no está en pie")], 0)

    assert text.splitlines()[:2] == [
        "  bien   Base de datos",
        "     —   Base de datos: sin comprobar, mysql no está en pie",
    ]
    assert "Todo bien." in text


def test_the_same_for_programs() -> None:
    """A JSON document with stable identifiers and the exit code."""
    results = [
        CheckResult(CHECK, [FAULT, warning("x", "a", "b", "c")]),
        CheckResult(CHECK, not_checked="mysql no está en pie"),
    ]
    read = json.loads(as_json(results, 1.234))

    assert (read["exit_code"], read["seconds"]) == (2, 1.23)
    first, second = read["checks"]
    assert (first["check"], first["not_checked"]) == ("database", None)
    assert first["findings"][0] == {
        "level": "fault",
        "code": "database-empty",
        "what": "Está vacía.\n| last words",
        "why": "No arranca.",
        "remedy": "docker compose up",
    }
    assert first["findings"][1]["level"] == "warning"
    assert (second["findings"], second["not_checked"]) == ([], "mysql no está en pie")
