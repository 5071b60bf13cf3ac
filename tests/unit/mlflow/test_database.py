"""The settings of the database, from the environment."""

import pymysql
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from configuration import ConfigurationError
from database import Database

GIVEN = {"MYSQL_DATABASE": "mlflow_metadata", "MYSQL_USER": "mlflow_meta", "MYSQL_PASSWORD": "secret"}


@given(user=st.text(min_size=1), password=st.text(min_size=1), name=st.text(min_size=1))
def test_every_name_and_password_survives_the_url(user: str, password: str, name: str) -> None:
    """PyMySQL reads from the URL exactly the values of the variables, and sends the password as UTF-8, like MySQL."""
    read = sqlalchemy.engine.make_url(Database("mysql", 3306, name, user, password).url)
    # Without TLS, whose certificates it would read from the disk each time.
    client = pymysql.Connection(password=str(read.password), defer_connect=True, ssl_disabled=True)

    assert (read.username, client.password, read.database) == (user, password.encode(), name)
    assert (read.host, read.port, read.get_backend_name()) == ("mysql", 3306, "mysql")


def test_host_and_port_have_defaults() -> None:
    """Without MYSQL_HOST and MYSQL_PORT the server is that of the stack."""
    assert Database.from_environment(GIVEN) == Database("mysql", 3306, "mlflow_metadata", "mlflow_meta", "secret")


def test_all_missing_variables_are_named_at_once() -> None:
    """One message names all missing variables; an empty one counts as missing."""
    with pytest.raises(ConfigurationError, match="MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD"):
        Database.from_environment({"MYSQL_USER": ""})


def test_a_port_that_is_no_number_is_named() -> None:
    """The message has the variable and its value."""
    with pytest.raises(ConfigurationError, match=r"MYSQL_PORT .*'mysql'"):
        Database.from_environment({**GIVEN, "MYSQL_PORT": "mysql"})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MYSQL_PASSWORD", "a\tb", "MYSQL_PASSWORD holds the control character U+0009, which cannot be used"),
        ("MYSQL_DATABASE", "a\r", "MYSQL_DATABASE holds the control character U+000D, which cannot be used"),
        ("MYSQL_PASSWORD", "ñ" * 129, "MYSQL_PASSWORD has 258 bytes, and MySQL takes 256 at most"),
        ("MYSQL_PASSWORD", "contrase\udcf1a", "MYSQL_PASSWORD is not UTF-8: save .env as UTF-8"),
        ("MYSQL_USER", "u" * 33, "MYSQL_USER has 33 characters, and MySQL takes 32 at most"),
        ("MYSQL_DATABASE", "d" * 65, "MYSQL_DATABASE has 65 characters, and MySQL takes 64 at most"),
        ("MYSQL_USER", "u😀", "MYSQL_USER holds '😀' (U+1F600), which MySQL cannot keep in a name"),
        ("MYSQL_DATABASE", "d ", "MYSQL_DATABASE begins or ends with ' ' (U+0020), which cannot be used there"),
    ],
)
def test_a_value_that_mysql_cannot_use_is_an_error(variable: str, value: str, message: str) -> None:
    """The message names the variable and the character."""
    with pytest.raises(ConfigurationError) as raised:
        Database.from_environment({**GIVEN, variable: value})

    assert str(raised.value) == message


@pytest.mark.parametrize("password", ["""'"\\ @:/%#$!& ñ€😀`*;=,""", " blanks ", "-p", "p" * 256])
def test_any_printable_password_is_valid(password: str) -> None:
    """Quotes, backslashes, blanks and characters of every script are valid in a password."""
    assert Database.from_environment({**GIVEN, "MYSQL_PASSWORD": password}).password == password


def test_neither_text_form_shows_the_password() -> None:
    """Neither `str` nor `repr` has the password, as both may be logged."""
    database = Database.from_environment(GIVEN)

    assert "secret" not in f"{database} {database!r}"
