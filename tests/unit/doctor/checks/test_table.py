"""The table of all checks, and that each of their findings is caused by a test."""

import ast
from pathlib import Path

from doctor.checks.table import CHECKS
from tests.unit.doctor.examples import ROOT

MAKERS = {"fault", "warning", "note", "report"}


def _codes(path: Path) -> set[str]:
    """The codes of the findings that a module makes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in MAKERS and call.args]
    return {code.value for code in made if isinstance(code, ast.Constant) and isinstance(code.value, str)}


def test_a_test_causes_each_finding() -> None:
    """The tests beside this one have the code of every finding."""
    codes = set().union(*(_codes(path) for path in (ROOT / "doctor").rglob("*.py")))
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/unit/doctor").rglob("test_*.py"))

    assert len(codes) > 50
    assert {code for code in codes if f'"{code}"' not in tests} == set()


def test_every_module_is_in_the_table() -> None:
    """A check that is not in the table would never run."""
    modules = {check.find.__module__.rpartition(".")[2] for check in CHECKS}
    files = {path.stem for path in (ROOT / "doctor/checks").glob("*.py")} - {"__init__", "table"}

    assert modules == files
    assert len({check.name for check in CHECKS}) == len({check.title for check in CHECKS}) == len(CHECKS)
