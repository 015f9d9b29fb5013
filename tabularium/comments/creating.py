"""Write a comment, or answer one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabularium import json_text
from tabularium.comments import entries, spam
from tabularium.comments.held import blank_errors, find_held
from tabularium.comments.mentions import hold_users, require_readers
from tabularium.comments.reading import stored_comment
from tabularium.comments.records import hold_record, key_of
from tabularium.comments.visibility import Comment
from tabularium.context import Context
from tabularium.db import comments
from tabularium.errors import Discarded, FieldError, NestedReply, NotFound, Unauthorized, ValidationFailed
from tabularium.events import Origin
from tabularium.events.changes import table_id
from tabularium.ids import uuid7
from tabularium.schema.comment_options import CommentOptions
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.fields.email import read_address
from tabularium.schema.model import Table


@dataclass(frozen=True, slots=True)
class _Draft:
    """What was sent, checked as far as that needs no record."""

    content: str
    parent_id: str | None
    mentions: Sequence[str]
    guest_name: str | None
    guest_email: str | None
    is_from_robot: bool
    invalid: Sequence[FieldError]


async def create(context: Context, table: Table, record_id: str, body: Mapping[str, Any]) -> Comment:
    """Store a comment of the caller on a record, and return it.

    Raises `Discarded` where the honeypot was filled, and `TurnNeeded` for the limits of guests.
    """
    draft = _read(table.comments, body, is_guest=context.identity.user_id is None)
    await context.claim_key()
    key = key_of(table, record_id)
    await hold_record(context, table, key)
    _refuse(draft.invalid)
    context.require_turn(spam.turns_of(context, table))
    if draft.is_from_robot:
        raise Discarded({"success": True, "discarded": True})
    origin = await entries.hold_author(context)
    users = await hold_users(context, draft.mentions)
    number = await comments.next_number(context.session, table_id(table), str(key))
    if draft.parent_id is not None:
        await _require_parent(context, table, str(key), draft.parent_id)
    await require_readers(context, table, key, draft.mentions, users)
    comment_id = await _store(context, table, str(key), draft, number, origin)
    return await stored_comment(context, comment_id)


def _read(options: CommentOptions, body: Mapping[str, Any], *, is_guest: bool) -> _Draft:
    """Read a body that fits the contract. Raises `ValidationFailed` for what the table or the kind of caller forbids.

    Values that do not fit are only noted: they are no news to somebody who does not see the record.
    """
    _refuse([*_name_errors(body), *_refused(options, body, is_guest=is_guest)])
    email, invalid = _read_address(options, body) if is_guest else (None, [])
    return _Draft(
        content=body["content"] if "content" in body else body["body"],
        parent_id=body.get("parentCommentId"),
        mentions=body.get("mentions", ()),
        guest_name=body.get("guestName"),
        guest_email=email,
        is_from_robot=bool(body.get("honeypot")),
        invalid=[*blank_errors(body, "content", "body", "guestName"), *invalid],
    )


def _read_address(options: CommentOptions, body: Mapping[str, Any]) -> tuple[str | None, list[FieldError]]:
    """Return the address of a guest, and what is wrong with it."""
    if "guestEmail" not in body:
        is_missing = options.guest_email_required
        return None, [FieldError("guestEmail", "A value is required here.", "required")] if is_missing else []
    try:
        return read_address(body["guestEmail"]), []
    except InvalidValue as invalid:
        return None, [FieldError("guestEmail", each.message, each.code) for each in invalid.problems]


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)


def _name_errors(body: Mapping[str, Any]) -> list[FieldError]:
    if "content" in body and "body" in body:
        return [FieldError("body", "This is another name for content; send one of them.", "conflicting")]
    if "content" not in body and "body" not in body:
        return [FieldError("content", "A value is required here.", "required")]
    return []


def _refused(options: CommentOptions, body: Mapping[str, Any], *, is_guest: bool) -> list[FieldError]:
    """Return what the table or the kind of caller has no use for."""
    refused = {
        "parentCommentId": not options.threading and "Comments of this table have no replies.",
        "mentions": is_guest and "Sign in to mention somebody.",
        "guestName": not is_guest and "You are signed in, so your comment has your name.",
        "guestEmail": not is_guest and "You are signed in, so your comment has your account.",
        "honeypot": not options.has_honeypot and "Leave this empty.",
    }
    is_empty: dict[str, tuple[Any, ...]] = {"parentCommentId": (None,), "mentions": ([],), "honeypot": ("",)}
    return [
        FieldError(name, message, "invalid_value")
        for name, message in refused.items()
        if message and name in body and body[name] not in is_empty.get(name, ())
    ]


async def _require_parent(context: Context, table: Table, record_id: str, parent_id: str) -> None:
    try:
        parent = await find_held(context, table, record_id, parent_id)
    except NotFound:
        raise ValidationFailed.of("parentCommentId", "There is no such comment on this record.", "not_found") from None
    if parent.parent_id is not None:
        raise NestedReply


async def _store(context: Context, table: Table, record_id: str, draft: _Draft, number: int, origin: Origin) -> str:
    user_id = None if origin.by is None else origin.by.user_id
    if user_id is None and context.identity.user_id is not None:  # who was erased since the request came
        raise Unauthorized
    comment_id = str(uuid7())
    values = {
        "id": comment_id,
        "table_id": table_id(table),
        "record_id": record_id,
        "number": number,
        "version": 1,
        "status": await spam.status_of(context, table, draft.content),
        "content": draft.content,
        "user_id": user_id,
        "parent_id": None if draft.parent_id is None else draft.parent_id.lower(),
        "mentions": json_text.dump(list(draft.mentions)).decode() if draft.mentions else None,
        "created_at": context.now,
        "updated_at": context.now,
        "guest_name": draft.guest_name,
        "guest_email": draft.guest_email,
    }
    await comments.insert(context.session, values, draft.mentions)
    await entries.note(context, table, record_id, comment_id, "created", origin)
    return comment_id
