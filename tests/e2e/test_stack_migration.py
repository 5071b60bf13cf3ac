"""The migration job with the real MySQL, on databases beside that of MLflow."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.e2e.compose_stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

USER = "odd_user"
PASSWORD = "p@ss:/?#[]% \"$x'"  # all characters that are special in a URL or a shell


@dataclass(frozen=True)
class Playground:
    """A separate database on the stack's MySQL."""

    stack: Stack
    name: str = "playground"

    def sql(self, statements: str) -> list[str]:
        """Run statements as the administrator; returns the rows, one per line."""
        client = f"MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql -uroot -N {self.name if 'DATABASE' not in statements else ''}"
        done = subprocess.run(
            [*self.stack.command("exec", "-T", "mysql", "sh", "-c", client)],
            cwd=self.stack.checkout,
            env=self.stack.environment_for(),
            input=statements,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    def migrate(self, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
        """Run the job on this database."""
        variables = (f"MYSQL_DATABASE={self.name}", f"MYSQL_USER={USER}", f"MYSQL_PASSWORD={password}")
        options = [word for variable in variables for word in ("-e", variable)]
        return self.stack.compose("run", "--rm", "--no-deps", "-T", *options, "mlflow-migrate", check=False)

    def tables(self) -> set[str]:
        """The tables of the database."""
        return set(self.sql("SHOW TABLES"))


@pytest.fixture
def playground(stack: Stack) -> Iterator[Playground]:
    """An empty database whose owner has a password with special characters."""
    playground = Playground(stack)
    literal = PASSWORD.replace("'", "''")
    playground.sql(
        f"CREATE DATABASE playground; CREATE USER '{USER}'@'%' IDENTIFIED BY '{literal}';"
        f"GRANT ALL ON playground.* TO '{USER}'@'%'"
    )
    yield playground
    playground.sql(f"DROP DATABASE playground; DROP USER '{USER}'@'%'")


def test_two_migrations_at_once_make_one_schema(playground: Playground) -> None:
    """Of two jobs on an empty database, one creates the tables, the other waits for it; both succeed."""
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: playground.migrate(), range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    said = first.stderr + first.stdout + second.stderr + second.stdout
    assert said.count("the tables are created") == 1
    assert said.count("the tables are up to date") == 1
    assert "registered_models" in playground.tables()
    assert "first_migration_in_progress" not in playground.tables()


def test_a_first_migration_that_died_begins_anew(playground: Playground) -> None:
    """With the marker and half of the tables, foreign keys included, all tables are dropped and created."""
    playground.sql(
        "CREATE TABLE first_migration_in_progress (id INT);"
        "CREATE TABLE experiments (experiment_id INT PRIMARY KEY);"
        "CREATE TABLE secrets (id INT, FOREIGN KEY (id) REFERENCES experiments (experiment_id));"
    )

    assert playground.migrate().returncode == 0
    assert "first_migration_in_progress" not in playground.tables()
    assert "registered_models" in playground.tables()


def test_an_upgrade_that_fails_drops_nothing_and_says_what_to_do(playground: Playground) -> None:
    """A database whose data cannot be upgraded is not changed; the message says what to do."""
    playground.sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('451aebb31d03');"
        "CREATE TABLE experiments (name VARCHAR(9)); INSERT INTO experiments VALUES ('precious');"
    )
    done = playground.migrate()

    assert done.returncode == 1
    assert "Nothing was deleted" in done.stderr + done.stdout
    assert "Restore the backup" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    assert playground.sql("SELECT name FROM experiments") == ["precious"]


def test_a_refused_password_is_explained_at_once(playground: Playground) -> None:
    """With a password other than that of the volume the job ends without waiting; the message names the volume."""
    done = playground.migrate(password="another")

    assert done.returncode == 1
    assert "is refused" in done.stderr + done.stdout
    assert "A data volume keeps" in done.stderr + done.stdout
