"""The database's coordinates, read from the environment."""

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from database import ConfigurationError, Database

GIVEN = {"MYSQL_DATABASE": "mlflow_metadata", "MYSQL_USER": "mlflow_meta", "MYSQL_PASSWORD": "secret"}


@given(user=st.text(min_size=1), password=st.text(min_size=1), name=st.text(min_size=1))
def test_every_name_and_password_survives_the_url(user: str, password: str, name: str) -> None:
    """SQLAlchemy reads back from the URL exactly what the variables said, odd characters included."""
    read = sqlalchemy.engine.make_url(Database("mysql", 3306, name, user, password).url)

    assert (read.username, read.password, read.database) == (user, password, name)
    assert (read.host, read.port, read.get_backend_name()) == ("mysql", 3306, "mysql")


def test_the_stack_needs_no_host_and_no_port() -> None:
    """Without MYSQL_HOST and MYSQL_PORT the stack's own server is meant."""
    assert Database.from_environment(GIVEN) == Database("mysql", 3306, "mlflow_metadata", "mlflow_meta", "secret")


def test_all_missing_variables_are_named_at_once() -> None:
    """One run tells everything that is missing; an empty variable counts as missing."""
    with pytest.raises(ConfigurationError, match="MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD"):
        Database.from_environment({"MYSQL_USER": ""})


def test_a_port_that_is_no_number_is_named() -> None:
    """The message says which variable is wrong and what it holds."""
    with pytest.raises(ConfigurationError, match=r"MYSQL_PORT .*'mysql'"):
        Database.from_environment({**GIVEN, "MYSQL_PORT": "mysql"})


def test_neither_text_form_shows_the_password() -> None:
    """What lands in a log does not hold the password."""
    database = Database.from_environment(GIVEN)

    assert "secret" not in f"{database} {database!r}"
