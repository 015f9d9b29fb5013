"""Processor time as the operating system counts it, read from `/proc` (Linux only)."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat counted from the state, which follows the name: the name may hold spaces and brackets.
_PARENT = 1
_TIMES = slice(11, 15)
"""utime, stime, and the same of children that have ended and were waited for."""


def stat_fields(process: int) -> list[str] | None:
    """Return the fields of `stat` after the name, or `None` when the process has gone."""
    try:
        text = (_PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def tree(root: int) -> set[int]:
    """Return a process and all of its descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := stat_fields(int(entry.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found, waiting = set[int](), [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting += children.get(process, [])
    return found


def parent(process: int) -> int | None:
    """Return the parent's id, or `None` when the process has gone or is not of this machine."""
    fields = stat_fields(process)
    return int(fields[_PARENT]) if fields else None


def processor_seconds(root: int) -> float:
    """Return user and system time of a process and its descendants since they began, ended children included."""
    return sum(map(stat_seconds, tree(root)))


def stat_seconds(process: int) -> float:
    """Return the same of one process, 0 where it has gone."""
    fields = stat_fields(process)
    return sum(map(int, fields[_TIMES])) / _TICKS_PER_SECOND if fields else 0.0
