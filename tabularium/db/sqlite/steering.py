"""What the writer runs around the statements of its transactions."""

from __future__ import annotations

import apsw

from tabularium.db.database import ForeignKeyViolation
from tabularium.db.sqlite.connection import fetch_one
from tabularium.db.sqlite.failures import Busy, translate


def control(connection: apsw.Connection, sql: str) -> None:
    """Run a statement that begins or ends a transaction."""
    try:
        connection.execute(sql)
    except apsw.Error as error:
        raise translate(error, sql, connection) from None


def empty_log(connection: apsw.Connection) -> None:
    """Copy the log into the file, and empty it. Raises `Busy` where another connection reads from it for long."""
    sql = "PRAGMA wal_checkpoint(TRUNCATE)"
    row = fetch_one(connection, sql, ())
    if row is None or row[0] != 0:
        raise Busy


def prepare_migration(connection: apsw.Connection) -> object:
    """Let tables be rebuilt, which takes foreign keys switched off, and return the version of the schema."""
    connection.pragma("foreign_keys", False)
    return connection.pragma("schema_version")


def check_foreign_keys(connection: apsw.Connection, version: object) -> None:
    """Raise `ForeignKeyViolation` for a row that points at nothing, where tables were changed since `version`."""
    if connection.pragma("schema_version") == version:
        return  # nothing was rebuilt, and a scan of the whole database can be long
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise ForeignKeyViolation(None)
