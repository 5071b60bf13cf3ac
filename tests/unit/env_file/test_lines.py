"""The lines of `.env`, split as Compose splits them."""

from pathlib import Path

import pytest

from env_file.lines import Assignment, read_assignments, read_defaults

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("API_PORT=8001", "API_PORT", "8001"),
        ("  API_PORT = 8001  ", "API_PORT", "8001"),
        ("export API_PORT=8001", "API_PORT", "8001"),
        ("API_PORT: 8001", "API_PORT", "8001"),
        ("API-PORT=8001", "API-PORT", "8001"),
        ("MYSQL PASSWORD=a", "MYSQL PASSWORD", "a"),
        ("MYSQL_PASSWORD=a=b", "MYSQL_PASSWORD", "a=b"),
        ("LOCUST_SHAPE=", "LOCUST_SHAPE", ""),
    ],
)
def test_a_line_sets_a_variable(line: str, name: str, value: str) -> None:
    """Blanks around name and value do not count, nor does `export`."""
    assert list(read_assignments(line)) == [Assignment(1, name, value)]


@pytest.mark.parametrize("line", ["", "# API_PORT=8001", "#API_PORT=8001", "API_PORT", "   "])
def test_other_lines_set_nothing(line: str) -> None:
    """Comments, blank lines, and a name without a value."""
    assert list(read_assignments(line)) == []


def test_a_value_in_quotes_may_have_lines() -> None:
    """What looks like a variable inside of quotes is none; the numbers are those of the file."""
    text = 'A=\'one\nB=two\nthree\'\nC="x\\"y"\nD=4\n'

    assert [(found.number, found.name) for found in read_assignments(text)] == [(1, "A"), (4, "C"), (5, "D")]


def test_the_example_has_its_defaults() -> None:
    """Variables that are commented out are known too, without a default."""
    defaults = read_defaults((ROOT / ".env.example").read_text(encoding="utf-8"))

    assert defaults["API_PORT"] == "8000"
    assert defaults["LOCUST_HEADLESS"] == ""
