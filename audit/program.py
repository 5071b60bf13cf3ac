"""Runs pip-audit, in an environment of its own."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Iterable
from pathlib import Path

from audit.vulnerabilities import Report, UnreadableReportError


class NotCheckedError(Exception):
    """The audit is not possible now; the message says why."""


def install(folder: Path, requirements: Path) -> Path:
    """Install pip-audit, with the hashes of its requirements, and return the program.

    Raises:
        NotCheckedError: The package index is not reachable.
    """
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(  # noqa: S603 - files of the project
        [*pip, "--require-hashes", "-r", str(requirements)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotCheckedError(f"pip-audit cannot be installed: {_last_line(done.stderr)}")
    return folder / "bin" / "pip-audit"


def look_up(program: Path, requirements: Path, ignored: Iterable[str]) -> Report:
    """Look up the packages of a requirements file in PyPI's database of vulnerabilities.

    Raises:
        NotCheckedError: The database is not reachable. pip-audit ends with 1 then, as it does for a vulnerability.
    """
    exceptions = [word for name in ignored for word in ("--ignore-vuln", name)]
    # Nothing is resolved or installed: every package is in the file.
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--desc", "off", "--progress-spinner", "off"]
    done = subprocess.run(  # noqa: S603 - files of the project
        [str(program), "-r", str(requirements), *options, *exceptions], capture_output=True, text=True, check=False
    )
    try:
        return Report.read(done.stdout)
    except UnreadableReportError:
        raise NotCheckedError(f"pip-audit failed: {_last_line(done.stderr)}") from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:500]
