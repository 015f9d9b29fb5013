"""Whom a comment may mention: users who can read the record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.comments.records import Key, seen_by
from tabularium.context import Context
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.errors import FieldError, ValidationFailed
from tabularium.schema.model import Table

Users = Mapping[str, Found]
"""Users by their ids."""


async def hold_users(context: Context, user_ids: Sequence[str]) -> Users:
    """Return those of some users who exist, none of whom is erased until the transaction ends.

    Done before the thread is held: an erasure holds its user first, and then the threads that tell of them.
    """
    if not user_ids or context.ruled.auth is None:
        return {}
    return await rows.find_users(context.session, user_ids)


async def require_readers(
    context: Context, table: Table, key: Key, mentions: Sequence[str], held: Users, known: Collection[str] = ()
) -> None:
    """Raise for each mentioned user who is unknown, banned or unable to read the record, all of them alike.

    `held` are the users of the mentions who exist; `known` were mentioned before.
    """
    wanted = [each for each in mentions if each not in known]
    readers = await _readers(context, table, key, [held[each] for each in wanted if each in held])
    errors = [
        FieldError(f"mentions.{place}", "There is no such user who can read this record.", "not_found")
        for place, each in enumerate(mentions)
        if each not in known and each not in readers
    ]
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)


async def _readers(context: Context, table: Table, key: Key, users: Sequence[Found]) -> set[str]:
    callers = []
    for user in users:
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
