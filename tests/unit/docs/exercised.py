"""The table of commands.yaml: how each command of the documentation is kept true."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

LITERALLY: Final = "tests/e2e/test_readme.py"
PROVOKED: Final = "tests/e2e/test_readme_problems.py"


def plain(command: str) -> str:
    """A command without the breaks of its lines: each run of white space is one space."""
    return " ".join(command.replace("\\\n", " ").split())


def commands() -> Mapping[str, str]:
    """Each command, as `plain` gives it, with the test that exercises it."""
    table = yaml.safe_load(Path(__file__).with_name("commands.yaml").read_text(encoding="utf-8"))
    return {plain(command): where for where, listed in table.items() for command in listed}
