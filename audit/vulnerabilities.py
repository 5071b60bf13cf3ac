"""What pip-audit says of the packages of a requirements file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass


class UnreadableReportError(ValueError):
    """The text is no report of pip-audit."""


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability of a package that is pinned.

    Attributes:
        package: The name of the package.
        version: The version that is pinned.
        names: Its identifiers, for example of CVE and GitHub.
        fixed_in: The versions without it; empty when there is none yet.
    """

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """The result of one audit.

    Attributes:
        checked: How many packages were looked up.
        unknown: The packages that the database of vulnerabilities does not have; they are not checked.
        vulnerabilities: What was found.
    """

    checked: int
    unknown: Sequence[str]
    vulnerabilities: Sequence[Vulnerability]

    @classmethod
    def read(cls, text: str) -> Report:
        """Read the JSON that pip-audit prints.

        Raises:
            UnreadableReportError: The text is another one, as after a failure of the network.
        """
        try:
            packages = json.loads(text)["dependencies"]
            checked = [package for package in packages if "skip_reason" not in package]
            return cls(
                len(checked),
                [package["name"] for package in packages if "skip_reason" in package],
                [
                    Vulnerability(
                        package["name"],
                        package["version"],
                        (found["id"], *found["aliases"]),
                        tuple(found["fix_versions"]),
                    )
                    for package in checked
                    for found in package["vulns"]
                ],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableReportError(f"no report of pip-audit: {error}") from error
