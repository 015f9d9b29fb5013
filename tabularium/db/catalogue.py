"""What the database says of its tables."""

from __future__ import annotations

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL


async def columns_of(session: Session, table: str) -> frozenset[str]:
    """Return the names of a table's columns; none where there is no such table."""
    if session.dialect is POSTGRESQL:
        place = "table_schema = current_schema() AND table_name = $1"
        sql = f"SELECT column_name FROM information_schema.columns WHERE {place}"
    else:
        sql = "SELECT name FROM pragma_table_info(?1)"
    return frozenset(str(row[0]) for row in await session.fetch_all(sql, (table,)))
