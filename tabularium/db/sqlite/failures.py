"""SQLite's errors as the product's own."""

from __future__ import annotations

from pathlib import Path

import apsw

from tabularium.db.database import CheckViolation, ForeignKeyViolation, StatementFailed, UniqueViolation
from tabularium.db.names import primary_key_name
from tabularium.db.options import UnsuitableDatabase
from tabularium.errors import Unavailable


class Busy(Unavailable):
    """Another process holds a lock that the statement needs."""

    default_message = "The database is busy."


# Kinds that pass by themselves, or with the help of an administrator: they are no fault of the request or the program.
_AWAY = {
    apsw.InterruptError: "The request took too long.",
    apsw.FullError: "The disk of the database is full.",
    apsw.IOError: "The disk of the database cannot be read or written.",
    apsw.CantOpenError: "The database file cannot be opened.",
    apsw.ReadOnlyError: "The database file cannot be written.",
    apsw.CorruptError: "The database file is damaged.",
    apsw.NotADBError: "The database file is not a database.",
    apsw.NoMemError: "The database is out of memory.",
    apsw.ConnectionClosedError: "The database is closed.",
}

# No later attempt to open such a file will do better.
_HOPELESS = {
    apsw.ReadOnlyError: "cannot be written",
    apsw.CorruptError: "is damaged",
    apsw.NotADBError: "is not a database",
}

_BUSY = (apsw.BusyError, apsw.LockedError, apsw.ProtocolError)

_INDEX_OF_COLUMNS = """
    SELECT list.name FROM pragma_index_list(?1) AS list
    WHERE list."unique" AND list.origin = 'c'
      AND (SELECT group_concat(info.name ORDER BY info.seqno) FROM pragma_index_info(list.name) AS info) = ?2
    ORDER BY list.name LIMIT 1
"""


def translate(error: apsw.Error, sql: str, connection: apsw.Connection | None = None) -> Exception:
    """Return the exception to raise in place of `error`, without stored values in it."""
    if isinstance(error, apsw.ConstraintError) and connection is not None:
        return _violation(error, sql, connection)
    if isinstance(error, _BUSY):
        return Busy()
    message = _AWAY.get(type(error))
    if message is not None:
        return Unavailable(message)
    return StatementFailed(type(error).__name__, sql)


def translate_opening(error: apsw.Error, path: Path) -> Exception:
    """Return the exception to raise where a file could not be opened."""
    reason = _HOPELESS.get(type(error))
    return translate(error, "open") if reason is None else UnsuitableDatabase(f"the file {path} {reason}")


def _violation(error: apsw.ConstraintError, sql: str, connection: apsw.Connection) -> Exception:
    subject = str(error).partition(": ")[2]
    match error.extendedresult:  # type: ignore[attr-defined]  # set on every error of SQLite itself
        case apsw.SQLITE_CONSTRAINT_UNIQUE:
            return UniqueViolation(_index_name(subject, connection))
        case apsw.SQLITE_CONSTRAINT_PRIMARYKEY | apsw.SQLITE_CONSTRAINT_ROWID:
            return UniqueViolation(primary_key_name(subject.partition(".")[0]))
        case apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
            return ForeignKeyViolation(None)
        case apsw.SQLITE_CONSTRAINT_CHECK:
            return CheckViolation(subject)
    return StatementFailed("ConstraintError", sql)


def _index_name(subject: str, connection: apsw.Connection) -> str | None:
    """Find the index behind `table.a, table.b`, which is all that SQLite tells."""
    columns = [part.partition(".") for part in subject.split(", ")]
    row = connection.execute(_INDEX_OF_COLUMNS, (columns[0][0], ",".join(part[2] for part in columns))).fetchone()
    return None if row is None else str(row[0])
