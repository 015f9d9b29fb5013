"""Which comments a caller sees, and what of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tabularium import json_text
from tabularium.access.identity import Identity
from tabularium.db.comments import COLUMNS, COMMENT, Bound, Stored
from tabularium.db.database import Row
from tabularium.db.dialect import Dialect
from tabularium.db.identity.tables import USER
from tabularium.schema.auth_options import ADMIN
from tabularium.schema.fields.user_id import USER_KEY, is_user_sql

APPROVED: Final = "approved"
_ALIAS: Final = "_c"


def is_admin(identity: Identity) -> bool:
    """Say whether a caller is an administrator."""
    return ADMIN in identity.roles


def visible_sql(identity: Identity, bound: Bound) -> str:
    """Write which comments a caller sees: approved ones and their own, administrators all.

    What is left of a deleted comment is seen with its replies: to somebody who sees none, it had none.
    """
    if is_admin(identity):
        return "TRUE"
    own = None if identity.user_id is None else bound(identity.user_id)
    replies = f"SELECT 1 FROM {COMMENT} AS _r WHERE _r.parent_id = {_ALIAS}.id AND {_open_sql('_r', own)}"
    return f"{_open_sql(_ALIAS, own)} AND ({_ALIAS}.deleted_at IS NULL OR EXISTS ({replies}))"


def _open_sql(alias: str, own: str | None) -> str:
    approved = f"{alias}.status = '{APPROVED}'"
    return approved if own is None else f"({approved} OR {alias}.user_id = {own})"


def is_visible(identity: Identity, stored: Stored) -> bool:
    """Say the same of a comment that was read, and is not deleted."""
    is_own = identity.user_id is not None and stored.user_id == identity.user_id
    return stored.status == APPROVED or is_own or is_admin(identity)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as a caller reads it, with its version, which the answer has in its tag alone."""

    content: dict[str, Any]
    version: int


def source_sql() -> str:
    """Write where comments are read from, without their authors."""
    return f"{COMMENT} AS {_ALIAS}"


def selected_sql(dialect: Dialect, *, with_authors: bool) -> str:
    """Write what `shown` takes, and where it comes from. Without accounts there is no table of authors."""
    columns = [f"{_ALIAS}.{name}" for name in COLUMNS]
    if not with_authors:
        return f"{', '.join([*columns, 'NULL', 'NULL'])} FROM {source_sql()}"
    quote = dialect.quote
    same = is_user_sql(f"_u.{quote(USER_KEY)}", f"{_ALIAS}.user_id", dialect)
    author = (f"_u.{quote('name')}", f"_u.{quote('image')}")
    return f"{', '.join([*columns, *author])} FROM {source_sql()} LEFT JOIN {quote(USER.name)} AS _u ON {same}"


def shown(row: Row, identity: Identity) -> Comment:
    """Return a row of `selected_sql` as the caller reads it."""
    stored, (name, image) = Stored(*row[: len(COLUMNS)]), row[len(COLUMNS) :]
    content: dict[str, Any] = {
        **told(stored),
        **({} if name is None else {"user": {"id": stored.user_id, "name": name, **_given(image=image)}}),
        **_given(guestName=stored.guest_name),
        **_given(guestEmail=stored.guest_email if is_admin(identity) else None),
        **_given(deletedAt=stored.deleted_at),
    }
    return Comment(content, stored.version)


def told(stored: Stored) -> dict[str, Any]:
    """Return what a comment tells everybody who sees it, but for names."""
    return {
        "id": stored.id,
        "tableId": stored.table_id,
        "recordId": stored.record_id,
        "userId": stored.user_id,
        "content": stored.content,
        "parentCommentId": stored.parent_id,
        "mentions": mentions_of(stored),
        "status": stored.status,
        "createdAt": stored.created_at,
        "updatedAt": stored.updated_at,
        **_given(editedAt=stored.edited_at),
    }


def mentions_of(stored: Stored) -> list[str]:
    """Return the ids of the users whom a comment mentions."""
    return json_text.load(stored.mentions) if stored.mentions else []


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
