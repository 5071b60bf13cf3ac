"""Look up the pinned packages; the exit code is 1 for a known vulnerability, and 0 when nothing could be looked up."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from audit.ignored import IGNORED
from audit.program import NotCheckedError, install, look_up
from audit.vulnerabilities import Report, Vulnerability

_ROOT = Path(__file__).resolve().parents[1]
# It has the packages of every image, in the same versions (tests/unit/test_requirements.py).
_REQUIREMENTS = _ROOT / "requirements-dev.txt"


def main(environment: Mapping[str, str]) -> int:
    """Run one audit; returns the exit code."""
    # GitHub shows such a line on the page of the workflow.
    mark = "::warning::" if environment.get("GITHUB_ACTIONS") == "true" else ""
    try:
        with tempfile.TemporaryDirectory() as folder:
            program = install(Path(folder), _ROOT / "audit" / "requirements.txt")
            report = look_up(program, _REQUIREMENTS, IGNORED)
    except NotCheckedError as error:
        sys.stdout.write(f"{mark}Sin comprobar: {error}\n")
        return 0
    sys.stdout.writelines(f"{line}\n" for line in summary(report, mark))
    return 1 if report.vulnerabilities else 0


def summary(report: Report, mark: str = "", root: Path = _ROOT) -> Iterator[str]:
    """The lines for a terminal, with `mark` before those that warn."""
    for found in report.vulnerabilities:
        fixed = f"corregida en {', '.join(found.fixed_in)}" if found.fixed_in else "sin versión corregida"
        names, places = ", ".join(found.names), ", ".join(_places(found, root))
        yield f"{found.package} {found.version}: {names}; {fixed}; en {places}"
    if report.unknown:
        yield f"{mark}La base de datos de PyPI no conoce, así que no se comprueban: {', '.join(report.unknown)}"
    for name, reason in IGNORED.items():
        yield f"{name} no cuenta: {reason}"
    yield f"{report.checked} paquetes comprobados, {len(report.vulnerabilities)} vulnerabilidades conocidas."


def _places(found: Vulnerability, root: Path) -> list[str]:
    """The requirements files that have the package: those of the images, or only that of the tests."""
    pin = re.compile(rf"^{re.escape(found.package)}(\[[\w,.-]+\])?==", re.MULTILINE)
    files = sorted(root.glob("*/requirements*.txt"))
    places = [str(path.relative_to(root)) for path in files if pin.search(path.read_text(encoding="utf-8"))]
    return places or [_REQUIREMENTS.name]


if __name__ == "__main__":
    sys.exit(main(os.environ))
