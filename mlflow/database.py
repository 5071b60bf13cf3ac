"""Where MLflow's metadata lives: the MySQL server, its database and the account, as the environment gives them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

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
            ConfigurationError: A variable is missing, or the port is not a number.
        """
        missing = [name for name in ("MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD") if not environment.get(name)]
        if missing:
            raise ConfigurationError(f"these environment variables must be set: {', '.join(missing)}")
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
        user, password, name = (quote(part, safe="") for part in (self.user, self.password, self.name))
        return f"mysql+pymysql://{user}:{password}@{self.host}:{self.port}/{name}?charset=utf8mb4"

    def __str__(self) -> str:
        """Name the database without the password."""
        return f"database {self.name!r} at {self.host}:{self.port} as {self.user!r}"
