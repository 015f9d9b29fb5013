"""The comments of an account: handed out to it, and what becomes of them when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from tabularium import json_text
from tabularium.comments.visibility import told
from tabularium.db import activity as log
from tabularium.db import comments
from tabularium.db.comments import COLUMNS, COMMENT, MARK, MENTION, THREAD, Bound, Stored
from tabularium.db.database import Database, Row, Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.events import Origin
from tabularium.events.authors import present_author
from tabularium.schema.model import Schema

PAGE: Final = 500


class AuthoredComments:
    """The comments on records of a schema by those who have written them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    async def pages(self, database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield what somebody has written, the oldest first."""
        after = ("", "")
        while True:
            rows = await _page(database, user_id, after)
            if rows:
                yield [told(Stored(*row)) for row in rows]
                last = Stored(*rows[-1])
                after = (last.created_at, last.id)
            if len(rows) < PAGE:
                return

    async def forget(self, transaction: Session, user_id: str, now: str, *, deletes: bool, origin: Origin) -> None:
        """Take a user out of all comments; `deletes` removes those that they have written, as `origin` has it.

        What is only forgotten is no change that anybody made, and leaves no entry.
        """
        await _hold_threads(transaction, user_id)
        if deletes:
            await self._delete(transaction, user_id, now, origin)
        place = transaction.dialect.placeholder(1)
        await transaction.execute(f"UPDATE {COMMENT} SET user_id = NULL WHERE user_id = {place}", (user_id,))
        await _forget_mentions(transaction, user_id)
        await transaction.execute(f"DELETE FROM {MARK} WHERE user_id = {place}", (user_id,))

    async def _delete(self, transaction: Session, user_id: str, now: str, origin: Origin) -> None:
        sql = f"SELECT {', '.join(COLUMNS)} FROM {COMMENT} WHERE user_id = {transaction.dialect.placeholder(1)}"
        found = [Stored(*row) for row in await transaction.fetch_all(sql, (user_id,), heavy=True)]
        if not found:
            return
        replies = [each for each in found if each.parent_id is not None]
        first = {each.id for each in found if each.parent_id is None}
        await comments.remove(transaction, [each.id for each in replies])
        answered = await comments.answered(transaction, first)
        await comments.bury(transaction, answered, now)
        await comments.remove(transaction, first - answered)
        await comments.remove_forsaken(transaction, {str(each.parent_id) for each in replies})
        await self._note(transaction, found, now, await present_author(transaction, origin))

    async def _note(self, transaction: Session, deleted: Iterable[Stored], now: str, origin: Origin) -> None:
        names = {each.id or each.name: each.name for each in self._schema.tables}
        entry = log.Entry(
            category="records",
            action="comment.deleted",
            created_at=now,
            actor=origin.author,
            impersonated_by=origin.by.impersonated_by if origin.by else None,
            request_id=origin.request_id or None,
        )
        # A table that has left the file has no name any more.
        told_of = [
            (names.get(each.table_id, each.table_id), each.table_id, each.record_id, each.id) for each in deleted
        ]
        await log.write_comments(transaction, entry, told_of)


async def _page(database: Database, user_id: str, after: tuple[str, str]) -> list[Row]:
    bound = Bound(database.dialect)
    sql = (
        f"SELECT {', '.join(COLUMNS)} FROM {COMMENT} WHERE user_id = {bound(user_id)} "
        f"AND (created_at, id) > ({bound(after[0])}, {bound(after[1])}) ORDER BY created_at, id LIMIT {bound(PAGE)}"
    )

    async def fetch(session: Session) -> list[Row]:
        return list(await session.fetch_all(sql, bound.values, heavy=True))

    return await database.read(fetch)


async def _hold_threads(transaction: Session, user_id: str) -> None:
    """Hold every thread with a comment of the user or about them, in one order, so that no two wait for each other."""
    if transaction.dialect is not POSTGRESQL:  # SQLite has one writer
        return
    mentioned = f"SELECT comment_id FROM {MENTION} WHERE user_id = $1"
    theirs = f"SELECT table_id, record_id FROM {COMMENT} WHERE user_id = $1 OR id IN ({mentioned})"
    sql = f"SELECT 1 FROM {THREAD} WHERE (table_id, record_id) IN ({theirs}) ORDER BY table_id, record_id FOR UPDATE"
    await transaction.fetch_all(sql, (user_id,))


async def _forget_mentions(transaction: Session, user_id: str) -> None:
    place = transaction.dialect.placeholder(1)
    mentioned = f"SELECT comment_id FROM {MENTION} WHERE user_id = {place}"
    sql = f"SELECT id, mentions FROM {COMMENT} WHERE id IN ({mentioned})"
    one, two = (transaction.dialect.placeholder(number) for number in (1, 2))
    for comment_id, mentions in await transaction.fetch_all(sql, (user_id,)):
        left = [each for each in json_text.load(mentions or "[]") if each != user_id]
        text = json_text.dump(left).decode() if left else None
        await transaction.execute(f"UPDATE {COMMENT} SET mentions = {one} WHERE id = {two}", (text, comment_id))
    await transaction.execute(f"DELETE FROM {MENTION} WHERE user_id = {place}", (user_id,))
