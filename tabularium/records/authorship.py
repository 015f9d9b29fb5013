"""What users have written into the tables: the fields that name them, and what becomes of it when they are erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.db.database import Database, Session
from tabularium.events import Origin, RecordAction, RecordChange, RecordsChanged, emit
from tabularium.records.authored import authored_pages
from tabularium.records.forgotten_values import forget_values
from tabularium.records.trash import delete_for_good
from tabularium.records.trash.keys import Keys
from tabularium.schema.fields.created_by import CreatedByType
from tabularium.schema.model import KEY_COLUMN, Schema, Table


class AuthoredRecords:
    """The records of a schema by those who have created them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    async def pages(self, database: Database, author: Identity, now: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the records that somebody has created, the trash included, with the fields that they may read."""
        for table in policy.seen(self._schema, author).tables:
            column = _created_by_column(table)
            if column is not None:
                async for page in authored_pages(database, table, column, author, now):
                    yield page

    async def forget(self, transaction: Session, user_id: str, now: str, *, deletes: bool, origin: Origin) -> None:
        """Take a user out of all records; `deletes` removes those that they have created, for good, as `origin` has it.

        A record of theirs that another record's link protects (`onDelete: restrict`) stays, and loses its author. What
        is only forgotten makes no revision: an entry of it would name whom it is about.
        """

        async def tell(table: Table, action: RecordAction, changes: list[RecordChange]) -> None:
            await emit(transaction, RecordsChanged(table=table, action=action, changes=changes, origin=origin))

        if deletes:
            roots = await self._created_by(transaction, user_id)
            await delete_for_good(transaction, self._schema, roots, now, tell)
        for table in self._schema.tables:
            for sql in _forgetting(table, transaction):
                await transaction.execute(sql, (user_id,))
        await forget_values(transaction, self._schema.tables, user_id)

    async def _created_by(self, transaction: Session, user_id: str) -> Keys:
        quote, place = transaction.dialect.quote, transaction.dialect.placeholder(1)
        keys: Keys = {}
        for table in self._schema.tables:
            column = _created_by_column(table)
            if column is None:
                continue
            sql = f"SELECT {quote(KEY_COLUMN)} FROM {quote(table.database_name)} WHERE {quote(column)} = {place}"
            found = {row[0] for row in await transaction.fetch_all(sql, (user_id,), heavy=True)}
            if found:
                keys[table] = found
        return keys


def _created_by_column(table: Table) -> str | None:
    """Return the column that holds who created a record; `None` where the table does not keep it."""
    return next((each.type.column(each.name) for each in table.fields if isinstance(each.type, CreatedByType)), None)


def _forgetting(table: Table, session: Session) -> Iterator[str]:
    """Yield the statements that take the user whose id is parameter 1 out of the records of a table."""
    quote, place = session.dialect.quote, session.dialect.placeholder(1)
    columns: set[str] = set()
    for field in (each for each in table.fields if each.type.is_user):
        link = field.type.link_table
        if link is None:
            columns.add(field.type.column(field.name))
        else:
            yield f"DELETE FROM {quote(link.name)} WHERE {quote(link.other.column)} = {place}"
    for column in sorted(columns):
        name = quote(column)
        yield f"UPDATE {quote(table.database_name)} SET {name} = NULL WHERE {name} = {place}"
