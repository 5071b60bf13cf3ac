"""A test runs each command of the documentation; commands.yaml names it."""

import ast
import os
import re

import pytest

from tests.unit.docs.exercised import LITERALLY, commands, plain
from tests.unit.docs.markdown import ROOT, Document, shell_commands

README = Document.read("README.md")
TALLER = Document.read("Taller.md")
PROTOCOLS = Document.read("docs/protocols.md")
CONTRIBUTING = Document.read("CONTRIBUTING.md")
COMMANDS = commands()


def test_the_table_has_every_command() -> None:
    """commands.yaml has exactly the commands of README.md, Taller.md and docs/protocols.md."""
    typed = {plain(command) for document in (README, TALLER, PROTOCOLS) for command in shell_commands(document)}

    assert typed - set(COMMANDS) == set()
    assert set(COMMANDS) - typed == set()


def test_every_block_has_a_known_language() -> None:
    """The tests that run the blocks select them by language."""
    languages = {block.language for document in (README, TALLER, PROTOCOLS) for block in document.blocks}

    assert languages == {"bash", "json", "dotenv", "python", "mermaid", "nginx"}


@pytest.mark.parametrize("where", sorted(set(COMMANDS.values())))
def test_the_tests_of_the_table_exist(where: str) -> None:
    """A test function, a file of tests or an executable script."""
    file, _, test = where.partition("::")
    path = ROOT / file
    assert path.is_file()
    if test:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    elif path.suffix != ".py":
        assert os.access(path, os.X_OK)


def test_the_commands_of_ci_are_lines_of_its_scripts() -> None:
    """The script has the command itself."""
    for command, where in COMMANDS.items():
        if where.startswith(".ci/"):
            lines = (ROOT / where).read_text(encoding="utf-8").splitlines()
            assert command in [line.strip() for line in lines]


def test_commands_in_sentences_have_their_own_test() -> None:
    """The test of README runs the blocks only."""
    blocks = {
        plain(command)
        for document in (README, TALLER)
        for block in document.blocks
        if block.language == "bash"
        for command in block.commands
    }

    for command, where in COMMANDS.items():
        assert where != LITERALLY or command in blocks, command


def test_contributing_names_targets_that_exist() -> None:
    """Every `make` target of CONTRIBUTING.md is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        match for block in CONTRIBUTING.blocks for match in re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE)
    }

    assert named
    assert named <= targets


def test_the_tunnel_forwards_the_ports_of_the_pages() -> None:
    """`ssh -L` forwards the ports on which the pages listen on loopback."""
    [tunnel] = [command for command in COMMANDS if command.startswith("ssh ")]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    for here, there in re.findall(r"-L (\d+):localhost:(\d+)", tunnel):
        assert here == there
        assert re.search(rf"^(MLFLOW|LOCUST)_PORT={here}$", example, re.MULTILINE)
