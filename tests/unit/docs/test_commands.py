"""No command of the documentation is there on trust: each is run by a test, and the table says by which."""

import ast
import os
import re

import pytest

from tests.unit.docs.exercised import LITERALLY, PROVOKED, commands, plain
from tests.unit.docs.markdown import ROOT, Document, shell_commands

README = Document.read("README.md")
TALLER = Document.read("Taller.md")
CONTRIBUTING = Document.read("CONTRIBUTING.md")
COMMANDS = commands()


def test_every_command_is_accounted_for() -> None:
    """The table has the commands of README.md and Taller.md, and nothing that they no longer say."""
    typed = {plain(command) for document in (README, TALLER) for command in shell_commands(document)}

    assert typed - set(COMMANDS) == set()
    assert set(COMMANDS) - typed == set()


def test_every_block_has_a_language_that_says_what_it_is() -> None:
    """A block without a known language would be overlooked by the tests that run them."""
    languages = {block.language for document in (README, TALLER) for block in document.blocks}

    assert languages == {"bash", "json", "dotenv", "python", "mermaid", "nginx"}


@pytest.mark.parametrize("where", sorted(set(COMMANDS.values())))
def test_what_exercises_a_command_exists(where: str) -> None:
    """A test by its name, a file of tests, or a script that can be run."""
    file, _, test = where.partition("::")
    path = ROOT / file
    assert path.is_file()
    if test:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    elif path.suffix != ".py":
        assert os.access(path, os.X_OK)


def test_what_is_run_by_ci_is_a_line_of_it() -> None:
    """`.ci/run` types the command itself."""
    lines = [line.strip() for line in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()]

    for command, where in COMMANDS.items():
        if where == ".ci/run":
            assert command in lines


def test_commands_of_sentences_are_provoked_or_typed_elsewhere() -> None:
    """The reader of README follows the blocks; a command in a sentence needs a test of its own."""
    blocks = {
        plain(command)
        for document in (README, TALLER)
        for block in document.blocks
        if block.language == "bash"
        for command in block.commands
    }

    for command, where in COMMANDS.items():
        assert where != LITERALLY or command in blocks, command


def test_provoked_commands_are_named_by_their_tests() -> None:
    """The text of each stands in the file of tests, so that what is typed there is what README says."""
    source = (ROOT / PROVOKED).read_text(encoding="utf-8")

    for command, where in COMMANDS.items():
        assert where != PROVOKED or repr(command) in source or f'"{command}"' in source, command


def test_contributing_names_targets_that_exist() -> None:
    """Every `make` target of CONTRIBUTING.md is one of the Makefile; what they do has its own tests."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        match for block in CONTRIBUTING.blocks for match in re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE)
    }

    assert named
    assert named <= targets


def test_the_tunnel_leads_to_the_pages() -> None:
    """`ssh -L` forwards the ports on which the pages listen on loopback."""
    [tunnel] = [command for command in COMMANDS if command.startswith("ssh ")]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    for here, there in re.findall(r"-L (\d+):localhost:(\d+)", tunnel):
        assert here == there
        assert re.search(rf"^(MLFLOW|LOCUST)_PORT={here}$", example, re.MULTILINE)
