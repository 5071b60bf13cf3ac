"""Which names and passwords cannot be used, found out before anything waits for a server that would not take them.

What is not refused here was tried with the servers themselves. A message names the variable and the character, never a
whole password.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# https://dev.mysql.com/doc/refman/9.7/en/identifiers.html and .../user-names.html
_LONGEST_NAME: Final = {"MYSQL_DATABASE": 64, "MYSQL_USER": 32}
_LONGEST_MYSQL_PASSWORD: Final = 256
_LAST_OF_THREE_BYTES: Final = "\uffff"
_SHORTEST: Final = {"AWS_ACCESS_KEY_ID": 3, "MINIO_ROOT_USER": 3, "AWS_SECRET_ACCESS_KEY": 8, "MINIO_ROOT_PASSWORD": 8}
# MinIO takes a value that begins so for the address of a server that knows it.
_ADDRESSES: Final = ("env://", "env+tls://")


def mysql_problem(variable: str, value: str) -> str | None:
    """Why MySQL or MLflow could not work with the value of this variable; None when they can."""
    if problem := _unreadable_character(variable, value):
        return problem
    if variable == "MYSQL_PASSWORD":
        if len(value.encode()) > _LONGEST_MYSQL_PASSWORD:
            return f"{variable} has {len(value.encode())} bytes, and MySQL takes {_LONGEST_MYSQL_PASSWORD} at most"
        return None
    if len(value) > _LONGEST_NAME[variable]:
        return f"{variable} has {len(value)} characters, and MySQL takes {_LONGEST_NAME[variable]} at most"
    if (largest := max(value)) > _LAST_OF_THREE_BYTES:
        return f"{variable} holds {_named(largest)}, which MySQL cannot keep in a name"
    return _blank_at_an_end(variable, value)


def minio_problem(variable: str, value: str) -> str | None:
    """Why MinIO could not work with the value of this variable; None when it can."""
    if problem := _unreadable_character(variable, value):
        return problem
    if value.startswith(_ADDRESSES):
        return f"{variable} begins with {value[: value.index('/') + 2]!r}, which MinIO takes for an address"
    if variable in {"AWS_ACCESS_KEY_ID", "MINIO_ROOT_USER"}:
        # A signature is a list with commas, and the health check's curl ends the user at a colon.
        if found := next((character for character in value if character in ",:"), None):
            return f"{variable} holds {_named(found)}, which cannot be used in the name of MinIO's user"
    elif problem := _blank_at_an_end(variable, value):
        return problem
    if len(value.encode()) < _SHORTEST[variable]:
        return f"{variable} has {len(value.encode())} characters, and MinIO wants {_SHORTEST[variable]} or more"
    return None


def _unreadable_character(variable: str, value: str) -> str | None:
    # What is not UTF-8 in the environment reaches Python as surrogates, https://peps.python.org/pep-0383/
    if any(unicodedata.category(character) == "Cs" for character in value):
        return f"{variable} is not UTF-8: save .env as UTF-8"
    found = next((character for character in value if unicodedata.category(character) == "Cc"), None)
    return f"{variable} holds the control character {_named(found)}, which cannot be used" if found else None


def _blank_at_an_end(variable: str, value: str) -> str | None:
    # MinIO takes away all that Go's strings.TrimSpace does, which is what str.strip does.
    if value == value.strip():
        return None
    blank = value[0] if value[0].isspace() else value[-1]
    return f"{variable} begins or ends with {_named(blank)}, which cannot be used there"


def _named(character: str) -> str:
    """The character, where it can be seen, with its number."""
    number = f"U+{ord(character):04X}"
    return f"{character!r} ({number})" if character.isprintable() else number
