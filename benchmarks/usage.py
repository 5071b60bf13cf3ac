"""CPU time and memory of a process and all its descendants, read from /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree of processes has used so far.

    Attributes:
        cpu_seconds: CPU time in user and kernel mode, including children that have ended.
        rss_bytes: Resident memory; a page that two processes share is counted twice.
    """

    cpu_seconds: float
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    ticks: int
    pages: int


def usage_of(root: int) -> Usage:
    """Sum over a process and its descendants; zero for a process that does not exist."""
    stats = _stats()
    children: dict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        children[stat.parent].append(pid)
    tree, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            tree.append(stats[pid])
            waiting.extend(children[pid])
    return Usage(
        cpu_seconds=sum(stat.ticks for stat in tree) / _TICKS_PER_SECOND,
        rss_bytes=sum(stat.pages for stat in tree) * _PAGE_BYTES,
    )


def _stats() -> dict[int, _Stat]:
    found: dict[int, _Stat] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            try:
                found[int(entry.name)] = _parse((entry / "stat").read_text(encoding="utf-8", errors="replace"))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def _parse(line: str) -> _Stat:
    # The name is in parentheses and may contain spaces and parentheses: the other fields begin after the last one.
    fields = line.rpartition(")")[2].split()
    # proc(5) numbers the fields from 1; these begin with its third. Ticks: utime, stime and, of ended children, cutime
    # and cstime.
    return _Stat(parent=int(fields[1]), ticks=sum(map(int, fields[11:15])), pages=int(fields[21]))
