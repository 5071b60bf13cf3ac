"""A `.env` with random passwords, from `.env.example`."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable

# Letters and digits mean themselves in .env, in a URL, in SQL and in a shell.
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32  # 190 bits
_PASSWORD = re.compile(r"^(?P<name>[A-Z][A-Z0-9_]*_(?:PASSWORD|SECRET_ACCESS_KEY))=(?P<default>.*)$", re.MULTILINE)
# MLflow is MinIO's client with the account of its administrator.
_SAME_AS = {"AWS_SECRET_ACCESS_KEY": "MINIO_ROOT_PASSWORD"}


def random_password() -> str:
    """A password that nobody guesses."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def with_random_passwords(example: str, make_password: Callable[[], str] = random_password) -> str:
    """The text of `.env.example` with another value for each password, also for those that are empty."""
    passwords: dict[str, str] = {}

    def replace(line: re.Match[str]) -> str:
        name = _SAME_AS.get(line["name"], line["name"])
        if name not in passwords:
            passwords[name] = make_password()
        return f"{line['name']}={passwords[name]}"

    return _PASSWORD.sub(replace, example)
