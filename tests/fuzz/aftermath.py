"""What must hold once the server has been fuzzed: it lives, its log has no error, and its database is in order."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from pathlib import Path

import asyncpg

from benchmarks.cost import tree

_MEBIBYTE = 2**20
_CONNECT_SECONDS = 5.0


def log_errors(log: Path) -> list[str]:
    """Return the lines of a log in JSON that are errors, or no lines of the log at all, such as a traceback."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            level = json.loads(line)["level"] if line.startswith("{") else "other"
        except (ValueError, KeyError):
            level = "error"
        if level == "error" or line.startswith(("Traceback", "Exception", "Fatal")):
            found.append(line[:2000])
    return found


def is_alive(process: int) -> bool:
    """Say whether a process still runs. One that has ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return status[status.rindex(")") + 2] != "Z"


def resident_mebibytes(process: int) -> int:
    """Return the memory that a process and its descendants hold."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for each in tree(process):
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
    return total // _MEBIBYTE


def database_faults(url: str) -> list[str]:
    """Have the database check itself and return what it says; nothing where all is well."""
    if url.startswith("sqlite:"):
        return _sqlite_faults(Path(url.removeprefix("sqlite:")))
    return asyncio.run(_postgresql_faults(url))


def _sqlite_faults(path: Path) -> list[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        integrity = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        links = [f"a broken link: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    connection.close()
    return [text for text in integrity if text != "ok"] + links


async def _postgresql_faults(url: str) -> list[str]:
    """Compare every index with its table, which also reads every row."""
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    try:
        if not await connection.fetchval("SELECT true FROM pg_available_extensions WHERE name = 'amcheck'"):
            return await _unreadable_tables(connection)
        await connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        faults = []
        for index, name in await connection.fetch(_INDEXES):
            try:
                await connection.execute(f"SELECT bt_index_check({index}::regclass, true)")
            except asyncpg.PostgresError as error:
                faults.append(f"the index {name}: {error}")
        return faults + await _unreadable_tables(connection)
    finally:
        await connection.close()


_INDEXES = """
    SELECT i.indexrelid::int, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.amname = 'btree' AND n.nspname = 'public' AND i.indisvalid
"""


async def _unreadable_tables(connection: asyncpg.Connection) -> list[str]:
    faults = []
    for (table,) in await connection.fetch("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"):
        try:
            await connection.fetch(f"SELECT * FROM {table}")
        except asyncpg.PostgresError as error:
            faults.append(f"the table {table}: {error}")
    return faults
