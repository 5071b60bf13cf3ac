"""pip-audit as a program; a small script stands for it, because a test reaches no database of vulnerabilities."""

from pathlib import Path

import pytest

from audit.program import NotCheckedError, install, look_up
from audit.vulnerabilities import Report

REQUIREMENTS = Path("requirements.txt")


def _program(folder: Path, output: str, error: str = "", code: int = 0) -> Path:
    program = folder / "pip-audit"
    program.write_text(
        f"""#!/bin/sh
echo "$@" > {folder}/arguments
printf '%s' '{output}'
printf '%s' '{error}' >&2
exit {code}
""",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def test_a_report_counts_whatever_the_exit_code_is(tmp_path: Path) -> None:
    """pip-audit ends with 1 when it has found something."""
    program = _program(tmp_path, '{"dependencies": [{"name": "numpy", "version": "1", "vulns": []}]}', code=1)

    assert look_up(program, REQUIREMENTS, ["CVE-1", "CVE-2"]) == Report(1, [], [])
    arguments = (tmp_path / "arguments").read_text(encoding="utf-8")
    assert arguments.startswith("-r requirements.txt --require-hashes --disable-pip ")
    assert arguments.endswith("--ignore-vuln CVE-1 --ignore-vuln CVE-2\n")


def test_a_failure_of_the_network_is_no_vulnerability(tmp_path: Path) -> None:
    """pip-audit ends with 1 then too; the last line says what failed."""
    program = _program(tmp_path, "", "Traceback\nrequests.exceptions.ConnectionError: no route", 1)

    with pytest.raises(NotCheckedError, match=r"^pip-audit failed: requests.exceptions.ConnectionError: no route$"):
        look_up(program, REQUIREMENTS, [])


def test_it_is_installed_with_hashes_only(tmp_path: Path) -> None:
    """A requirement without a hash is refused, before the network is asked."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("pip-audit==2.10.1\n", encoding="utf-8")

    with pytest.raises(NotCheckedError, match="pip-audit cannot be installed"):
        install(tmp_path / "environment", requirements)
