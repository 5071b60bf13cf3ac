"""The MySQL database of MLflow's metadata, with server and account, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from configuration import ConfigurationError, require
from credentials import mysql_problem

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Database:
    """A database on a MySQL server, and the account that owns it."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Database:
        """Read the MYSQL_* variables.

        Raises:
            ConfigurationError: A variable is missing or invalid.
        """
        required = ("MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD")
        require(environment, required)
        problems = [problem for name in required if (problem := mysql_problem(name, environment[name]))]
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
        """The URL for SQLAlchemy and MLflow. It contains the password: never print it or pass it as an argument."""
        # PyMySQL encodes the password as latin-1, which lacks most characters; MySQL compares with the bytes of UTF-8.
        # So give PyMySQL the text whose latin-1 bytes are the password's UTF-8
        # (https://github.com/PyMySQL/PyMySQL/blob/main/pymysql/connections.py).
        password_sent = self.password.encode().decode("latin-1")
        user, password, name = (quote(part, safe="") for part in (self.user, password_sent, self.name))
        return f"mysql+pymysql://{user}:{password}@{self.host}:{self.port}/{name}?charset=utf8mb4"

    def __str__(self) -> str:
        """Name the database without the password."""
        return f"database {self.name!r} at {self.host}:{self.port} as {self.user!r}"
