"""Names and passwords that MySQL, MinIO or MLflow cannot use, refused before anything waits for a server.

All other names and passwords were tested with the servers. A message names the variable and the character, never a
whole password.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# https://dev.mysql.com/doc/refman/9.7/en/identifiers.html and .../user-names.html
_MAX_NAME_LENGTH: Final = {"MYSQL_DATABASE": 64, "MYSQL_USER": 32}
_MAX_MYSQL_PASSWORD_BYTES: Final = 256
_LAST_THREE_BYTE_CHARACTER: Final = "\uffff"
_MAX_MLFLOW_NAME_LENGTH: Final = 255
_MIN_MLFLOW_PASSWORD_LENGTH: Final = 12
# The password of all servers that were installed from an earlier MLflow, which the current one refuses
# (https://github.com/advisories/GHSA-gq3w-7jj3-x7gr).
_PUBLIC_MLFLOW_PASSWORD: Final = "password1234"  # noqa: S105 - refused
_MIN_MINIO_BYTES: Final = {
    "AWS_ACCESS_KEY_ID": 3,
    "MINIO_ROOT_USER": 3,
    "AWS_SECRET_ACCESS_KEY": 8,
    "MINIO_ROOT_PASSWORD": 8,
}
# MinIO takes a value with such a prefix for the address of a server that has the value.
_ADDRESS_PREFIXES: Final = ("env://", "env+tls://")


def mysql_problem(variable: str, value: str) -> str | None:
    """Why MySQL or MLflow could not work with the value of this variable; None when they can."""
    if problem := _unreadable_character(variable, value):
        return problem
    if variable == "MYSQL_PASSWORD":
        if len(value.encode()) > _MAX_MYSQL_PASSWORD_BYTES:
            return f"{variable} has {len(value.encode())} bytes, and MySQL takes {_MAX_MYSQL_PASSWORD_BYTES} at most"
        return None
    if len(value) > _MAX_NAME_LENGTH[variable]:
        return f"{variable} has {len(value)} characters, and MySQL takes {_MAX_NAME_LENGTH[variable]} at most"
    if (largest := max(value)) > _LAST_THREE_BYTE_CHARACTER:
        return f"{variable} holds {_described(largest)}, which MySQL cannot keep in a name"
    return _outer_blank(variable, value)


def minio_problem(variable: str, value: str) -> str | None:
    """Why MinIO could not work with the value of this variable; None when it can."""
    if problem := _unreadable_character(variable, value):
        return problem
    if value.startswith(_ADDRESS_PREFIXES):
        return f"{variable} begins with {value[: value.index('/') + 2]!r}, which MinIO takes for an address"
    if variable in {"AWS_ACCESS_KEY_ID", "MINIO_ROOT_USER"}:
        # The header of a signature is a list with commas, and in the health check curl ends the user at a colon.
        if found := next((character for character in value if character in ",:"), None):
            return f"{variable} holds {_described(found)}, which cannot be used in the name of MinIO's user"
    elif problem := _outer_blank(variable, value):
        return problem
    if len(value.encode()) < _MIN_MINIO_BYTES[variable]:
        return f"{variable} has {len(value.encode())} characters, and MinIO wants {_MIN_MINIO_BYTES[variable]} or more"
    return None


def mlflow_problem(variable: str, value: str) -> str | None:
    """Why the value of this variable could not be that of a user of MLflow; None when it can."""
    if problem := _unreadable_character(variable, value) or _outer_blank(variable, value):
        return problem
    if variable.endswith("_PASSWORD"):
        return _mlflow_password_problem(variable, value)
    if ":" in value:  # it ends the name, https://www.rfc-editor.org/rfc/rfc7617#section-2
        return f"{variable} holds ':', which cannot be used in the name of a user of MLflow"
    if len(value) > _MAX_MLFLOW_NAME_LENGTH:
        return f"{variable} has {len(value)} characters, and MLflow takes {_MAX_MLFLOW_NAME_LENGTH} at most"
    return None


def _mlflow_password_problem(variable: str, value: str) -> str | None:
    if value == _PUBLIC_MLFLOW_PASSWORD:
        return f"{variable} is the public password of earlier versions of MLflow"
    if len(value) < _MIN_MLFLOW_PASSWORD_LENGTH:
        return (
            f"{variable} has {len(value)} characters, and MLflow wants {_MIN_MLFLOW_PASSWORD_LENGTH} or more: "
            "`openssl rand -hex 16` makes one"
        )
    return None


def _unreadable_character(variable: str, value: str) -> str | None:
    # Python decodes bytes that are not UTF-8 as surrogates, https://peps.python.org/pep-0383/
    if any(unicodedata.category(character) == "Cs" for character in value):
        return f"{variable} is not UTF-8: save .env as UTF-8"
    found = next((character for character in value if unicodedata.category(character) == "Cc"), None)
    return f"{variable} holds the control character {_described(found)}, which cannot be used" if found else None


def _outer_blank(variable: str, value: str) -> str | None:
    # MinIO strips with strings.TrimSpace of Go, which strips the same characters as str.strip.
    if value == value.strip():
        return None
    blank = value[0] if value[0].isspace() else value[-1]
    return f"{variable} begins or ends with {_described(blank)}, which cannot be used there"


def _described(character: str) -> str:
    """The character if it is printable, with its code point."""
    number = f"U+{ord(character):04X}"
    return f"{character!r} ({number})" if character.isprintable() else number
