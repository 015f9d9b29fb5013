"""A comment that is about to be changed or answered, in a thread that the transaction holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.comments.reading import id_of, missing, stored_comment
from tabularium.comments.visibility import is_visible
from tabularium.context import Context
from tabularium.db.comments import COLUMNS, COMMENT, Bound, Stored
from tabularium.errors import FieldError, PreconditionFailed
from tabularium.events.changes import table_id
from tabularium.query.expected import Expected
from tabularium.schema.model import Table


def blank_errors(body: Mapping[str, Any], *names: str) -> list[FieldError]:
    """Return what is wrong with those texts of a body that say nothing."""
    blank = (name for name in names if name in body and not body[name].strip())
    return [FieldError(name, "Write more than white space.", "required") for name in blank]


async def find_held(context: Context, table: Table, record_id: str, comment_id: str) -> Stored:
    """Return a comment on a record that the caller sees. Raises `NotFound`, also for what is left of a deleted one.

    The thread is held already, so nobody changes the comment meanwhile.
    """
    bound = Bound(context.session.dialect)
    where = (
        f"id = {bound(id_of(comment_id))} AND table_id = {bound(table_id(table))} AND record_id = {bound(record_id)}"
    )
    row = await context.session.fetch_one(f"SELECT {', '.join(COLUMNS)} FROM {COMMENT} WHERE {where}", bound.values)
    if row is None:
        raise missing()
    stored = Stored(*row)
    if stored.deleted_at is not None or not is_visible(context.identity, stored):
        raise missing()
    return stored


async def require_version(context: Context, stored: Stored, expected: Expected | None) -> None:
    """Hold a comment to what the caller expects of it; `None`: nothing. Raises `PreconditionFailed`."""
    if expected is not None and not expected.admits(stored.id, stored.version):
        current = await stored_comment(context, stored.id)
        message = "The comment is not in the version that If-Match names; read it again."
        raise PreconditionFailed(current.content, current.version, message)
