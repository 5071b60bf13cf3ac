"""The reports of pip-audit."""

import json

import pytest

from audit.vulnerabilities import Report, UnreadableReportError, Vulnerability

# Printed by pip-audit 2.10.1, with a database that has one vulnerability.
FOUND = {
    "dependencies": [
        {"name": "lightgbm", "version": "4.7.0", "vulns": []},
        {
            "name": "narwhals",
            "version": "2.29.0",
            "vulns": [{"id": "CVE-2099-0001", "fix_versions": ["99.0"], "aliases": ["GHSA-aaaa-bbbb-cccc"]}],
        },
    ],
    "fixes": [],
}
# Printed by pip-audit 2.10.1 where PyPI's database is not reachable but a mirror answers 404; it ended with 0.
SKIPPED = {
    "dependencies": [
        {
            "name": "numpy",
            "skip_reason": "Dependency not found on PyPI and could not be audited: numpy (2.4.6)",
        }
    ],
    "fixes": [],
}


def test_a_vulnerability() -> None:
    """It has its identifiers and the versions without it."""
    report = Report.read(json.dumps(FOUND))

    assert report == Report(
        2, [], [Vulnerability("narwhals", "2.29.0", ("CVE-2099-0001", "GHSA-aaaa-bbbb-cccc"), ("99.0",))]
    )


def test_a_package_that_was_not_looked_up() -> None:
    """It counts as unknown, although pip-audit says that nothing was found."""
    assert Report.read(json.dumps(SKIPPED)) == Report(0, ["numpy"], [])


@pytest.mark.parametrize("text", ["", "Traceback", "[]", "{}", '{"dependencies": [{"name": "numpy"}]}'])
def test_another_text(text: str) -> None:
    """It is no report without findings."""
    with pytest.raises(UnreadableReportError):
        Report.read(text)
