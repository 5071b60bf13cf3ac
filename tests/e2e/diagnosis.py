"""What `make doctor` says of the stack."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.compose_stack import Stack


@dataclass(frozen=True)
class Diagnosis:
    """A report.

    Attributes:
        exit_code: The exit code of the program.
        findings: The findings by code; of several with the same code, the last one.
        not_checked: The checks that were not possible.
    """

    exit_code: int
    findings: Mapping[str, Mapping[str, Any]]
    not_checked: frozenset[str]

    @property
    def problems(self) -> set[str]:
        """The codes of warnings and faults."""
        return {code for code, finding in self.findings.items() if finding["level"] != "note"}


def diagnose(stack: Stack, **variables: str) -> Diagnosis:
    """Run it in the checkout, with variables exported as in a user's terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "doctor", "--json"],
        cwd=stack.checkout,
        env={**stack.environment_for(), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    return Diagnosis(
        done.returncode,
        {finding["code"]: finding for check in report["checks"] for finding in check["findings"]},
        frozenset(check["check"] for check in report["checks"] if check["not_checked"]),
    )
