"""The names of the log's files: unique for each replica, each start and each file, and recognised by their pattern."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

_OTHER: Final = re.compile(r"[^A-Za-z0-9.]+")
_NAME: Final = re.compile(r"predictions-[A-Za-z0-9.-]+-\d{8}T\d{6}Z-\d+\.jsonl")
_MAX_HOST: Final = 64


def file_name(host: str, start: datetime, number: int) -> str:
    """The name of one file.

    Args:
        host: Name of the machine or container.
        start: When the process started, UTC.
        number: Which file of the process.
    """
    host = _OTHER.sub("-", host)[:_MAX_HOST].strip("-") or "host"
    return f"predictions-{host}-{start:%Y%m%dT%H%M%SZ}-{number}.jsonl"


def is_log_file(name: str) -> bool:
    """Whether a file with this name is one of the log's."""
    return _NAME.fullmatch(name) is not None
