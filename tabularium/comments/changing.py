"""Change a comment: its author the text and the mentions, an administrator the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tabularium import json_text
from tabularium.clock import next_instant
from tabularium.comments import entries, spam
from tabularium.comments.held import blank_errors, find_held, require_version
from tabularium.comments.mentions import Users, hold_users, require_readers
from tabularium.comments.reading import stored_comment
from tabularium.comments.records import Key, hold_record, key_of
from tabularium.comments.visibility import APPROVED, Comment, is_admin, mentions_of
from tabularium.context import Context
from tabularium.db import comments
from tabularium.db.comments import Stored
from tabularium.errors import Forbidden, ValidationFailed
from tabularium.events.changes import table_id
from tabularium.query.expected import Expected
from tabularium.schema.model import Table


async def update(
    context: Context,
    table: Table,
    record_id: str,
    comment_id: str,
    body: Mapping[str, Any],
    expected: Expected | None = None,
) -> Comment:
    """Change a comment and return it; one that stays as it was is not written."""
    if "status" in body and len(body) > 1:
        raise ValidationFailed.of("status", "Change either the status or the text and mentions.", "conflicting")
    key = key_of(table, record_id)
    await hold_record(context, table, key)
    await entries.hold_author(context)
    users = await hold_users(context, body.get("mentions", ()))
    await comments.hold_thread(context.session, table_id(table), str(key))
    stored = await find_held(context, table, str(key), comment_id)
    if "status" in body:
        await _moderate(context, table, stored, body["status"], expected)
    else:
        await _edit(context, table, key, stored, body, users, expected)
    return await stored_comment(context, stored.id)


async def _moderate(context: Context, table: Table, stored: Stored, status: str, expected: Expected | None) -> None:
    if not is_admin(context.identity):
        raise Forbidden("Only an administrator may set the status of a comment.")
    await require_version(context, stored, expected)
    if status == stored.status:
        return
    values: dict[str, Any] = {"status": status}
    if status == APPROVED:
        # Others see it from now on, so it is new to those who have read everything before.
        values["number"] = await comments.next_number(context.session, stored.table_id, stored.record_id)
    await _write(context, table, stored, values, None, action="moderated")


async def _edit(
    context: Context,
    table: Table,
    key: Key,
    stored: Stored,
    body: Mapping[str, Any],
    users: Users,
    expected: Expected | None,
) -> None:
    if context.identity.user_id is None or stored.user_id != context.identity.user_id:
        raise Forbidden("Only its author may change the text of a comment.")
    blank = blank_errors(body, "content")
    if blank:
        raise ValidationFailed(blank[0].message, blank)
    former = mentions_of(stored)
    mentions: Sequence[str] = body.get("mentions", former)
    await require_readers(context, table, key, mentions, users, former)
    await require_version(context, stored, expected)
    values: dict[str, Any] = {}
    if body.get("content", stored.content) != stored.content:
        values["content"] = body["content"]
        # The rules hold for the new text as for a first one, and never give back what an administrator took away.
        values["status"] = spam.lower(stored.status, await spam.status_of(context, table, body["content"]))
        values["edited_at"] = next_instant(context.now, stored.updated_at)
    if list(mentions) != former:
        values["mentions"] = json_text.dump(list(mentions)).decode() if mentions else None
    if values:
        changed = mentions if "mentions" in values else None
        await _write(context, table, stored, values, changed, action="updated")


async def _write(
    context: Context,
    table: Table,
    stored: Stored,
    values: Mapping[str, Any],
    mentions: Sequence[str] | None,
    *,
    action: str,
) -> None:
    updated = {**values, "updated_at": next_instant(context.now, stored.updated_at)}
    await comments.change(context.session, stored.id, updated, mentions)
    origin = await entries.hold_author(context)
    status = (stored.status, values.get("status", stored.status))
    await entries.note(context, table, stored.record_id, stored.id, action, origin, status=status)
