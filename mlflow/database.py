"""Where MLflow's metadata lives: the MySQL server, its database and the account, as the environment gives them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from accounts import mysql_problem

if TYPE_CHECKING:
    from collections.abc import Mapping


class ConfigurationError(Exception):
    """The environment does not say what the program needs; the message names the variable."""


@dataclass(frozen=True)
class Database:
    """One database on a MySQL server and the account that owns it."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Database:
        """Read the MYSQL_* variables.

        Raises:
            ConfigurationError: A variable is missing or holds what MySQL cannot work with, or the port is no number.
        """
        needed = ("MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD")
        missing = [name for name in needed if not environment.get(name)]
        if missing:
            raise ConfigurationError(f"these environment variables must be set: {', '.join(missing)}")
        problems = [problem for name in needed if (problem := mysql_problem(name, environment[name]))]
        if problems:
            raise ConfigurationError("; ".join(problems))
        port = environment.get("MYSQL_PORT", "3306")
        if not port.isdecimal():
            raise ConfigurationError(f"MYSQL_PORT must be a port number, not {port!r}")
        return cls(
            host=environment.get("MYSQL_HOST", "mysql"),
            port=int(port),
            name=environment["MYSQL_DATABASE"],
            user=environment["MYSQL_USER"],
            password=environment["MYSQL_PASSWORD"],
        )

    @property
    def url(self) -> str:
        """The URL that SQLAlchemy and MLflow take. It holds the password: never print it, never make it an argument."""
        # PyMySQL encodes a password as latin-1, in which most characters do not exist, while MySQL was given UTF-8 and
        # compares bytes: this is the text whose latin-1 bytes are the password's UTF-8
        # (https://github.com/PyMySQL/PyMySQL/blob/main/pymysql/connections.py).
        password_sent = self.password.encode().decode("latin-1")
        user, password, name = (quote(part, safe="") for part in (self.user, password_sent, self.name))
        return f"mysql+pymysql://{user}:{password}@{self.host}:{self.port}/{name}?charset=utf8mb4"

    def __str__(self) -> str:
        """Name the database without the password."""
        return f"database {self.name!r} at {self.host}:{self.port} as {self.user!r}"
