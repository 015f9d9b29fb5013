"""One connection to the SQLite file, set up the same way for every thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw

from tabularium.db.database import Statement
from tabularium.db.functions import SQLITE_AGGREGATES, SQLITE_FUNCTIONS
from tabularium.db.options import Synchronous, UnsuitableDatabase
from tabularium.db.slow import warn_if_slow
from tabularium.db.sqlite.failures import translate

_CACHED_STATEMENTS = 512
_CACHE_KIBIBYTES = 16_384
# Pages of indexes change again and again: with the usual thousand they would be copied into the file after every few
# batches. So many are 48 MB of log, less than what is left of it when it is shortened (`_LOG_BYTES`).
_PAGES_BETWEEN_CHECKPOINTS = 12_000
_LOG_BYTES = 64 * 1024 * 1024
_LONGEST_PAUSE = 0.05

Rows = list[tuple[Any, ...]]


def open_connection(path: Path, synchronous: Synchronous, on_busy: Callable[[int], bool]) -> apsw.Connection:
    """Open the file in WAL mode with foreign keys on and the product's functions.

    `on_busy` gets the number of attempts so far and says whether to try again for a lock that another process holds.
    """
    connection = apsw.Connection(str(path), statementcachesize=_CACHED_STATEMENTS)
    connection.set_busy_handler(on_busy)
    if connection.pragma("journal_mode", "wal") != "wal":
        raise UnsuitableDatabase(f"the file system of {path} does not support SQLite's write-ahead log")
    # Else SQLite plans most statements anew at each value that is bound, which can take longer than running them.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.pragma("synchronous", synchronous)
    connection.pragma("wal_autocheckpoint", _PAGES_BETWEEN_CHECKPOINTS)
    connection.pragma("foreign_keys", True)
    # What is deleted is overwritten, where its page is written anyway: keys of analytics must be gone from the file.
    connection.pragma("secure_delete", "fast")
    connection.pragma("cache_size", -_CACHE_KIBIBYTES)
    connection.pragma("journal_size_limit", _LOG_BYTES)
    connection.pragma("temp_store", "memory")
    for function in SQLITE_FUNCTIONS:
        connection.create_scalar_function(function.name, function.call, function.arguments, deterministic=True)
    for aggregate in SQLITE_AGGREGATES:
        connection.create_aggregate_function(aggregate.name, aggregate.state, aggregate.arguments)
    return connection


def open_reader(path: Path, synchronous: Synchronous, wait: float) -> apsw.Connection:
    """Open a connection that refuses to write. It waits up to `wait` seconds for a lock."""
    connection = open_connection(path, synchronous, waiting(lambda: wait, lambda: False))
    connection.pragma("query_only", True)
    return connection


def waiting(seconds: Callable[[], float], is_cancelled: Callable[[], bool]) -> Callable[[int], bool]:
    """Return a busy handler that waits in growing steps. `seconds` is asked at the beginning of each wait."""
    until = 0.0

    def wait(attempts: int) -> bool:
        nonlocal until
        now = time.monotonic()
        if attempts == 0:
            until = now + seconds()
        if is_cancelled() or now >= until:
            return False
        time.sleep(min(0.001 * 2 ** min(attempts, 8), _LONGEST_PAUSE))
        return True

    return wait


def fetch_all(connection: apsw.Connection, sql: str, parameters: Sequence[Any]) -> Rows:
    """Run a statement and return all its rows."""
    started = time.monotonic()
    try:
        rows = connection.execute(sql, parameters).fetchall()
    except apsw.Error as error:
        raise translate(error, sql, connection) from None
    warn_if_slow(sql, started)
    return rows


def fetch_one(connection: apsw.Connection, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run a statement and return its first row. A write with RETURNING is complete by then."""
    started = time.monotonic()
    try:
        row: tuple[Any, ...] | None = connection.execute(sql, parameters).fetchone()
    except apsw.Error as error:
        raise translate(error, sql, connection) from None
    warn_if_slow(sql, started)
    return row


def fetch_snapshot(connection: apsw.Connection, statements: Sequence[Statement]) -> list[Rows]:
    """Run several reads on one snapshot. The connection must be outside of a transaction."""
    connection.execute("BEGIN")
    try:
        return [fetch_all(connection, sql, parameters) for sql, parameters in statements]
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
