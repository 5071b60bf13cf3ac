"""Make an API key: `make key NAME=ana`. Its digest goes into the file of keys, and the key is printed once.

The file has one `name:sha256` a line. A key has 256 random bits, so that a plain SHA-256 of it can be stored: what slow
password hashes are for, guessing, is hopeless here.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import secrets
import sys
from pathlib import Path

DEFAULT_FILE = Path(__file__).resolve().parents[1] / "secrets" / "api-keys"
EXIT_USAGE = 2
_NAME = re.compile(r"[\w.@+-]{1,64}", re.ASCII)


def main(arguments: list[str] | None = None) -> int:
    """Add a key for a name.

    Returns:
        The exit code: 0, or 2 when the name cannot be used or the file cannot be written.
    """
    parser = argparse.ArgumentParser(prog="make key NAME=...", description="Make an API key for the gateway.")
    parser.add_argument("name", help="who gets it: letters, digits and _ . @ + -; it stands in the gateway's log")
    parser.add_argument("--file", type=Path, default=DEFAULT_FILE, help="the file of keys (default: secrets/api-keys)")
    given = parser.parse_args(arguments)
    if not _NAME.fullmatch(given.name):
        sys.stderr.write("error: NAME must be 1 to 64 letters, digits and _ . @ + -, such as NAME=ana\n")
        return EXIT_USAGE
    key = secrets.token_urlsafe(32)
    try:
        before = given.file.read_text(encoding="utf-8") if given.file.exists() else ""
        if any(line.partition(":")[0].strip() == given.name for line in before.splitlines()):
            sys.stderr.write(
                f"error: {given.file} has a key of {given.name}: remove its line first, or take another name\n"
            )
            return EXIT_USAGE
        _append(given.file, f"{given.name}:{hashlib.sha256(key.encode()).hexdigest()}\n", before)
    except OSError as error:
        sys.stderr.write(f"error: {given.file} cannot be written: {error.strerror}\n")
        return EXIT_USAGE
    sys.stderr.write(
        f"The key of {given.name}. It is not stored and cannot be shown again. Clients send it as X-API-Key: KEY or\n"
        f"Authorization: Bearer KEY. With API_KEYS_FILE={given.file.name} in .env it counts after about two seconds.\n"
    )
    sys.stdout.write(f"{key}\n")
    return 0


def _append(file: Path, line: str, before: str) -> None:
    """Add a line. The gateway's user reads the file, which holds digests only."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), "a", encoding="utf-8") as opened:
        opened.write(line if not before or before.endswith("\n") else f"\n{line}")


if __name__ == "__main__":
    sys.exit(main())
