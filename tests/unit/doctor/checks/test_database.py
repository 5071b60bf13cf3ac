"""The database: answers of the real MySQL 9.7."""

from typing import Any

import pytest

from doctor.checks.database import MARKER_TABLE, find_database_problems
from doctor.command import CommandResult
from doctor.finding import Finding, Level, NotCheckedError
from doctor.installation import Installation
from schema import MARKER_TABLE as MARKER_OF_THE_MIGRATION
from tests.unit.doctor.examples import RecordedDocker, codes, healthy, printed, with_container

QUERY = "exec -e MYSQL_PWD mysql_mlflow_metadata mysql"
OPTIONS = (
    "--protocol=tcp --host=127.0.0.1 --connect-timeout=2 --default-character-set=utf8mb4 --batch --skip-column-names"
)
AS_ROOT = f"{QUERY} {OPTIONS} --user=root"
REFUSED = "ERROR 1045 (28000): Access denied for user 'mlflow_meta'@'localhost' (using password: YES)"
FOREIGN = "ERROR 1044 (42000): Access denied for user 'mlflow_meta'@'%' to database 'another'"
UNKNOWN = "ERROR 1049 (42000): Unknown database 'another'"
SILENT = "ERROR 2003 (HY000): Can't connect to MySQL server on '127.0.0.1:3306' (111)"


def _find(answer: CommandResult, root: CommandResult | None = None) -> list[Finding]:
    answers = {QUERY: answer, AS_ROOT: root or printed("1\n")}
    return list(find_database_problems(healthy(answers=answers)))


def test_a_complete_database() -> None:
    """Nothing is found."""
    assert codes(_find(printed("alembic_version\nexperiments\nregistered_models\n"))) == []


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ([], "database-empty"),
        (["alembic_version"], "database-empty"),
        ([MARKER_TABLE, "experiments"], "database-half-migrated"),
        ([MARKER_TABLE], "database-half-migrated"),
        (["experiments", "registered_models"], "database-incomplete"),
        (["alembic_version", "experiments"], "database-incomplete"),
    ],
)
def test_tables_that_are_missing(tables: list[str], code: str) -> None:
    """Empty, interrupted, or incomplete."""
    assert codes(_find(printed("\n".join(tables)))) == [code]


def test_the_marker_is_that_of_the_migration() -> None:
    """The migration makes it, and the doctor looks for it."""
    assert MARKER_TABLE == MARKER_OF_THE_MIGRATION


@pytest.mark.parametrize("reason", [REFUSED, FOREIGN, UNKNOWN])
def test_an_account_that_is_not_that_of_the_first_start(reason: str) -> None:
    """MySQL's own words, and both ways out."""
    [finding] = _find(printed(stderr=f"{reason}\n", code=1))

    assert codes([finding]) == ["database-refused"]
    assert reason in finding.what
    assert "down -v" in finding.remedy


def test_the_password_of_the_administrator() -> None:
    """The stack does not need it: a warning."""
    [finding] = _find(printed("alembic_version\nregistered_models\n"), printed(stderr=REFUSED, code=1))

    assert (finding.code, finding.level) == ("root-password-refused", Level.WARNING)


@pytest.mark.parametrize("answer", [printed(stderr=SILENT, code=1), CommandResult(124, "", "sin respuesta en 6 s")])
def test_a_server_that_does_not_answer(answer: CommandResult) -> None:
    """It runs, but takes no connection."""
    assert codes(_find(answer)) == ["database-silent"]


@pytest.mark.parametrize(
    "state", [{"status": "exited", "exit_code": 1}, {"status": "restarting"}], ids=lambda state: state["status"]
)
def test_a_server_that_is_down(state: dict[str, Any]) -> None:
    """Another check says why."""
    with pytest.raises(NotCheckedError, match="mysql no está en pie"):
        list(find_database_problems(with_container(healthy(), "mysql", **state)))


def test_the_password_is_no_argument() -> None:
    """The account is asked for with a variable of the command."""
    installation: Installation = healthy()
    list(find_database_problems(installation))

    assert isinstance(installation.docker, RecordedDocker)
    assert len(installation.docker.asked) == 2
    assert not any("mlflow_meta_pass" in line for line in installation.docker.asked)
