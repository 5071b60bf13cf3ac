"""The users of MLflow's basic authentication, from the environment; none when it is off."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from configuration import ConfigurationError
from credentials import mlflow_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_SWITCH: Final = "MLFLOW_AUTH"
_ADMINISTRATOR: Final = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
_READER: Final = ("MLFLOW_API_USERNAME", "MLFLOW_API_PASSWORD")
_WORDS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True)
class Account:
    """A user of MLflow."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Accounts:
    """The users that `.env` names.

    Attributes:
        administrator: The user of people and of the trainer, who may do everything.
        reader: The user of the API, who may only read.
    """

    administrator: Account
    reader: Account

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Accounts | None:
        """Read the users; None without authentication.

        Raises:
            ConfigurationError: A variable is missing or invalid. There are no default passwords.
        """
        if not is_on(environment):
            return None
        missing = [name for name in (*_ADMINISTRATOR, *_READER) if not environment.get(name)]
        if missing:
            raise ConfigurationError(
                f"{_SWITCH}=true needs {', '.join(missing)} in .env: `openssl rand -hex 16` makes a password"
            )
        values = {name: environment[name] for name in (*_ADMINISTRATOR, *_READER)}
        problems = [problem for name, value in values.items() if (problem := mlflow_problem(name, value))]
        if values[_ADMINISTRATOR[0]] == values[_READER[0]]:
            problems.append(f"{_ADMINISTRATOR[0]} and {_READER[0]} must be two users")
        if problems:
            raise ConfigurationError("; ".join(problems))
        return cls(*(Account(values[name], values[password]) for name, password in (_ADMINISTRATOR, _READER)))


def is_on(environment: Mapping[str, str]) -> bool:
    """Whether MLflow asks for a user.

    Raises:
        ConfigurationError: The variable is neither true nor false; a server that is open by mistake would be worse.
    """
    text = environment.get(_SWITCH, "").strip().lower() or "false"
    if text not in _WORDS:
        raise ConfigurationError(f"{_SWITCH} must be true or false, not {text!r}")
    return _WORDS[text]
