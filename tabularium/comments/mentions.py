"""Whom a comment may mention: users who can read the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.comments.records import Key, seen_by
from tabularium.context import Context
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.errors import FieldError, ValidationFailed
from tabularium.schema.model import Table


async def require_readers(
    context: Context, table: Table, key: Key, mentions: Sequence[str], known: Collection[str] = ()
) -> None:
    """Raise for each mentioned user who is unknown, banned or unable to read the record, all of them alike.

    `known` were mentioned before. The users are held, so that none is erased until the transaction ends.
    """
    wanted = [each for each in mentions if each not in known]
    if not wanted:
        return
    readers = await _readers(context, table, key, wanted)
    errors = [
        FieldError(f"mentions.{place}", "There is no such user who can read this record.", "not_found")
        for place, each in enumerate(mentions)
        if each not in known and each not in readers
    ]
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)


async def _readers(context: Context, table: Table, key: Key, user_ids: Sequence[str]) -> set[str]:
    if context.ruled.auth is None:
        return set()
    users = await rows.find_users(context.session, user_ids)
    callers = []
    for user in users.values():
        identity = _identity_of(context, user)
        # As they see it, and not as the one who mentions them does.
        seen = policy.seen(context.ruled, identity).table(table.name)
        if "read" in policy.permitted(identity, seen) and not rows.is_banned(user, context.now):
            callers.append((seen, identity))
    places = await seen_by(context, key, callers)
    return {str(callers[place][1].user_id) for place in places}


def _identity_of(context: Context, user: Found) -> Identity:
    options = context.ruled.auth
    roles = frozenset[str]() if options is None else options.roles_of(user["role"])
    return Identity(user["id"], roles, name=user["name"], email=user["email"])
