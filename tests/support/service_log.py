"""The log of a running service."""

import json
from pathlib import Path
from typing import Any

_UVICORN = "uvicorn/protocols/http/httptools_impl.py"
_GONE = "the handler is closed"


def faults(log: Path, start: int) -> list[str]:
    """The errors logged from an offset on.

    Not counted: when a client disconnects while several of its requests wait, uvicorn writes to the closed connection
    for each and logs an error.
    """
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode().splitlines()
    return [line for line in lines if _is_fault(line)]


def _is_fault(line: str) -> bool:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return True  # no log record, such as a traceback of the interpreter
    trace = str(record.get("exc_info", ""))
    return record["level"] in {"ERROR", "CRITICAL"} and not (_UVICORN in trace and _GONE in trace)
