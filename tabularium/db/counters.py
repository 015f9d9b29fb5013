"""Counters that number records: one row for each numbered field, advanced in the transaction of the write.

The row is locked until that transaction ends. So a failure leaves no gap, and no number is given twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.schema import CreateTable

from tabularium.db.database import Session
from tabularium.db.dialect import Dialect
from tabularium.db.names import own_name
from tabularium.db.system_tables import Counter


def counter_name(table: str, field: str) -> str:
    """Return the name of the counter of a field; `table` is the database's name."""
    return own_name("counter", table, field)


async def provide_counters(session: Session) -> None:
    """Create the table of counters, if it is not there."""
    table: Any = Counter
    creation = CreateTable(table.__table__, if_not_exists=True)
    await session.execute(str(creation.compile(dialect=session.dialect.sqlalchemy)))


async def take_numbers(session: Session, name: str, first: int, count: int) -> int:
    """Take `count` numbers of a counter and return the first of them; a new counter begins at `first`."""
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    row = await session.fetch_one(
        f'INSERT INTO "_counter" (name, value) VALUES ({one}, {two}) '
        f'ON CONFLICT (name) DO UPDATE SET value = "_counter".value + {three} RETURNING value',
        [name, first + count, count],
    )
    if row is None:
        raise RuntimeError(f"The counter {name} gave no number.")
    return int(row[0]) - count


def first_numbers(table: str, field: str, first: int, dialect: Dialect) -> Sequence[str]:
    """Return the SQL that numbers the rows of a table in the order of their keys, and sets the counter after them."""
    quoted, column = dialect.quote(table), dialect.quote(field)
    numbers = f'SELECT "id" AS _id, {first - 1} + row_number() OVER (ORDER BY "id") AS _number FROM {quoted}'
    name = dialect.literal(counter_name(table, field))
    filling = f'SET {column} = _numbers._number FROM ({numbers}) AS _numbers WHERE {quoted}."id" = _numbers._id'
    counted = f"SELECT {name}, {first} + count(*) FROM {quoted} WHERE TRUE"
    return (
        f"UPDATE {quoted} {filling}",
        f'INSERT INTO "_counter" (name, value) {counted} ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
