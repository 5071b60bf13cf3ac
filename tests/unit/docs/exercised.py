"""commands.yaml: for each command of the documentation, the test that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

LITERALLY: Final = "tests/e2e/test_readme.py"


def plain(command: str) -> str:
    """A command on one line: each run of white space becomes one space."""
    return " ".join(command.replace("\\\n", " ").split())


def commands() -> Mapping[str, str]:
    """Each command in the form of `plain`, with the test that runs it."""
    table = yaml.safe_load(Path(__file__).with_name("commands.yaml").read_text(encoding="utf-8"))
    return {plain(command): where for where, listed in table.items() for command in listed}
