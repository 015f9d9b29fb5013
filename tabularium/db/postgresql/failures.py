"""PostgreSQL's errors as the product's own, by their SQLSTATE."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from tabularium.db.database import CheckViolation, ForeignKeyViolation, Locked, StatementFailed, UniqueViolation
from tabularium.errors import Unavailable

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Everything that a call of the driver may raise. A time limit of the connection itself is an `OSError`."""


class Transient(Unavailable):
    """The transaction lost against another one. Running it again may succeed."""

    default_message = "The database is busy."


_VIOLATIONS: dict[str, Callable[[str | None], Exception]] = {
    "23505": UniqueViolation,
    "23503": ForeignKeyViolation,
    "23514": CheckViolation,
}

# Serialization failure and deadlock.
_TRANSIENT = frozenset({"40001", "40P01"})

_LOCKED = "55P03"

# By a whole code or by its beginning.
_AWAY = {
    "08": "The connection to the database was lost.",
    "25006": "The database takes no writes at the moment.",
    "25P03": "The transaction was idle for too long.",
    "28": "The database refused the connection: user or password.",
    "3D": "The database does not exist.",
    "53": "The database is out of disk, memory or connections.",
    "57014": "The request took too long.",
    "57P": "The database is shutting down or starting.",
    "58": "The disk of the database cannot be read or written.",
}


def translate(error: Exception, sql: str, *, is_closed: bool = True) -> Exception:
    """Return the exception to raise in place of `error`, without stored values in it.

    `is_closed` tells a lost connection from a wrong call, which the driver reports by the same type of error.
    """
    match error:
        case asyncpg.InvalidCachedStatementError():
            # The table has changed since the statement was prepared; the driver has forgotten the old plan by now.
            return Transient()
        case asyncpg.PostgresError():
            return _by_code(error, sql)
        case OSError():
            return Unavailable("The connection to the database was lost.")
    if is_closed:
        return Unavailable("The connection to the database was lost.")
    return StatementFailed(type(error).__name__, sql)


def translate_connecting(error: Exception) -> Exception:
    """Return the exception to raise where no connection could be made: whatever the reason, the database is away."""
    if not isinstance(error, asyncpg.PostgresError):
        return Unavailable("The database cannot be reached.")
    found = _by_code(error, "connect")
    return found if isinstance(found, Unavailable) else Unavailable("The database refused the connection.")


def _by_code(error: asyncpg.PostgresError, sql: str) -> Exception:
    code = error.sqlstate or ""
    if code in _VIOLATIONS:
        return _VIOLATIONS[code](getattr(error, "constraint_name", None))
    if code in _TRANSIENT:
        return Transient()
    if code == _LOCKED:
        return Locked()
    for prefix in (code, code[:3], code[:2]):
        if prefix in _AWAY:
            return Unavailable(_AWAY[prefix])
    return StatementFailed(code, sql)
