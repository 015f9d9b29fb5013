"""What the product asks of a database. `sqlite.py` and `postgresql.py` answer; one storage suite holds both to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from tabularium.db.dialect import Dialect
from tabularium.errors import Unavailable

T = TypeVar("T")
Row = Sequence[Any]
"""Values by position, in the order of the select list."""

Statement = tuple[str, Sequence[Any]]
"""SQL text with numbered placeholders of the dialect, and the values bound to them."""


class UniqueViolation(Exception):
    """A unique index refused a write. `index` is its name, or `None` where the database does not tell.

    For a key that is taken it is what `tabularium.db.names.primary_key_name` returns.
    """

    def __init__(self, index: str | None) -> None:
        super().__init__(index)
        self.index = index


class ForeignKeyViolation(Exception):
    """A foreign key refused a write. `constraint` is its name, or `None` where the database does not tell."""

    def __init__(self, constraint: str | None) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class CheckViolation(Exception):
    """A check constraint refused a write. `constraint` is its name."""

    def __init__(self, constraint: str | None) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Locked(Unavailable):
    """A statement has waited for another transaction for as long as statements may."""

    default_message = "The database is busy."


class StatementFailed(Exception):
    """A statement that the database refuses for a reason that is a defect of ours. It never carries values.

    `code` is the database's own (`22P02`, `SQLITE_ERROR`).
    """

    def __init__(self, code: str, sql: str) -> None:
        super().__init__(f"{code} in: {sql}")
        self.code = code
        self.sql = sql


def failure_name(error: Exception) -> str:
    """Name an error for a log without its message, which may hold a statement or values."""
    return f"{type(error).__name__} {error.code}" if isinstance(error, StatementFailed) else type(error).__name__


class Session(Protocol):
    """One request's way to the database: a snapshot to read from, or the write transaction.

    On SQLite nothing here ever suspends inside a write transaction: the whole coroutine of the request then runs in the
    writer's thread. Code between the calls must therefore not await anything but this session.
    """

    dialect: Dialect

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        """Return every row. `heavy` says that the statement may scan: SQLite then runs it off the event loop."""

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        """Return the first row, or `None`."""

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        """Run several reads and return the rows of each: on one snapshot, but for write transactions on PostgreSQL."""

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement without result and return the number of rows it changed. Only in a write transaction."""


class Database(Protocol):
    """A pool of connections. Opened once at start, closed once at the end."""

    dialect: Dialect

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` with a session for reading."""

    async def write(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one write transaction: commit when it returns, roll back when it raises.

        After a statement has failed, the transaction can only be rolled back, so violations are caught outside of
        `write`. A cancellation rolls back too, but a commit once begun is finished, and `write` returns.

        Deadlocks and serialization failures are retried up to three times, so `work` may run again from its start; no
        other write then runs beside it. Raises `Unavailable` when the database is away or stays busy.
        """

    async def migrate(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` as `write` does, one migration at a time over all processes that share the database.

        There is no time limit. On SQLite foreign keys are checked at the end, over the whole database, so that tables
        can be rebuilt; a row that breaks one raises `ForeignKeyViolation`.
        """

    async def scrub(self, table: str) -> None:
        """Let nothing stay in the files of what was deleted from a small table, which is locked for a moment.

        The logs from which PostgreSQL is restored keep it. Raises `Unavailable`, also where somebody reads for long,
        and `StatementFailed` where the user of the database may not do this.
        """

    async def ping(self) -> float:
        """Ask one trivial question and return how long the answer took, in milliseconds. Raises `Unavailable`."""

    async def close(self) -> None:
        """Close every connection. Running work is finished first."""
