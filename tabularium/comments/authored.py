"""The comments of an account: handed out to it, and what becomes of them when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any, Final

from tabularium.comments.visibility import told
from tabularium.db import activity as log
from tabularium.db import comments
from tabularium.db.comments import Stored
from tabularium.db.database import Database, Session
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
            found = await database.read(partial(comments.page_of_user, user_id=user_id, after=after, limit=PAGE))
            if found:
                yield [told(each) for each in found]
                after = (found[-1].created_at, found[-1].id)
            if len(found) < PAGE:
                return

    async def forget(self, transaction: Session, user_id: str, now: str, *, deletes: bool, origin: Origin) -> None:
        """Take a user out of all comments; `deletes` removes those that they have written, as `origin` has it.

        What is only forgotten is no change that anybody made, and leaves no entry.
        """
        await comments.hold_threads_of_user(transaction, user_id)
        if deletes:
            await self._delete(transaction, user_id, now, origin)
        await comments.forget_user(transaction, user_id)

    async def _delete(self, transaction: Session, user_id: str, now: str, origin: Origin) -> None:
        found = await comments.all_of_user(transaction, user_id)
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
