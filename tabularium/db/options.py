"""What can be set on a database connection, and the refusal of a database that cannot serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Synchronous = Literal["full", "normal"]


class UnsuitableDatabase(Exception):
    """The database can be reached, or named, but not used. The message says what to do; trying again does not help."""


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """Sizes and times of a database. Times are in seconds."""

    pool_size: int = 10
    """PostgreSQL: the most connections of this process."""
    synchronous: Synchronous = "full"
    """SQLite: `normal` may lose the last commits in a power cut, and never damages the file."""
    wait: float = 5.0
    """How long a request waits for a connection, for its turn to write, and for a lock that another process holds."""
    statement_time: float = 30.0
    """PostgreSQL: the time limit of one statement."""
    queue_length: int = 1000
    """SQLite: how many writes, and how many long reads, may wait. One more is refused at once."""
    reader_threads: int = 4
    """SQLite: how many long reads run at the same time."""
