"""What a running service has logged."""

import json
from pathlib import Path
from typing import Any

_UVICORN = "uvicorn/protocols/http/httptools_impl.py"
_GONE = "the handler is closed"


def faults(log: Path, start: int) -> list[str]:
    """The errors logged from an offset on.

    A client that vanishes while several of its requests wait makes uvicorn write to a closed connection, once for each;
    it logs this as an error, harms nobody, and is not counted here.
    """
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode().splitlines()
    return [line for line in lines if _is_fault(line)]


def _is_fault(line: str) -> bool:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return True  # nothing but records belongs there: the interpreter's own last words
    trace = str(record.get("exc_info", ""))
    return record["level"] in {"ERROR", "CRITICAL"} and not (_UVICORN in trace and _GONE in trace)
