""".env.example and the Compose files have the same variables and defaults."""

import itertools
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / ".env.example"
# A commented-out line is a variable without a default.
LINE = re.compile(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$")


def documented() -> list[tuple[str, str | None]]:
    """The variables of .env.example with their values in order; None without a default."""
    lines = (LINE.match(line) for line in EXAMPLE.read_text().splitlines())
    return [(line[2], None if line[1] else line[3]) for line in lines if line]


def used() -> set[tuple[str, str | None]]:
    """The variables of the Compose files with their defaults; None for a variable that is only passed on."""
    files = sorted(REPOSITORY.glob("docker-compose-*.yml"))
    text = re.sub(r"^\s*#.*$", "", "\n".join(file.read_text() for file in files), flags=re.MULTILINE)
    # $$ is the dollar of a shell in the container.
    with_default = re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*):?-([^}]*)\}", text)
    passed_on = re.findall(r"^ +([A-Z][A-Z0-9_]*):$", text, re.MULTILINE)
    assert len(re.findall(r"(?<!\$)\$[{A-Z]", text)) == len(with_default), "a variable is used without a default"
    return {*with_default, *((name, None) for name in passed_on)}


def test_every_variable_is_documented_once_with_its_default() -> None:
    """.env.example has the values that the stack uses without a .env, and all of them."""
    names = [name for name, _ in documented()]

    assert len(names) == len(set(names))
    assert set(documented()) == used()


@pytest.mark.parametrize("name", [name for name, _ in documented()])
def test_every_variable_has_a_comment(name: str) -> None:
    """The line above a variable explains it."""
    lines = EXAMPLE.read_text().splitlines()
    [above] = [before for before, line in itertools.pairwise(lines) if (at := LINE.match(line)) and at[2] == name]

    assert re.match(r"# [^-].*[.:)]$", above)
