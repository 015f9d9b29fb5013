"""Everything that is stored of the caller, written bit by bit: it may be much, and little of it is held at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from tabularium import json_text
from tabularium.db import activity as log
from tabularium.db.database import Row, Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT, API_KEY, SESSION
from tabularium.identity import users
from tabularium.identity.callers import identity_of
from tabularium.identity.context import AuthContext
from tabularium.identity.pending_erasure import require_caller

SCHEMA_VERSION: Final = "1.0"
_ENTRIES_AT_ONCE: Final = 1000
_PROFILE: Final = ("id", "email", "name", "image", "emailVerified", "role", "createdAt", "updatedAt")
_SESSION: Final = ("id", "userId", "expiresAt", "ipAddress", "userAgent", "createdAt", "updatedAt")
_ACCOUNT: Final = ("id", "userId", "providerId", "accountId", "scope", "createdAt", "updatedAt")
_KEY: Final = ("id", "name", "prefix", "start", "enabled", "expiresAt", "lastRequest", "createdAt", "updatedAt")
_ENTRY: Final = ("id", "createdAt", "category", "action", "tableName", "recordId")


async def export(context: AuthContext) -> AsyncIterator[bytes]:
    """Return the export of the caller's data as JSON. What can be refused is refused before the first byte."""
    caller = require_caller(context, takes_key=True)

    async def work(session: Session) -> list[list[Found]]:
        # Sessions in which an administrator acts as the user tell of the administrator.
        own = {"userId": caller.user_id, "impersonatedBy": None}
        return [
            await rows.find_all(session, SESSION, own, order="createdAt"),
            await rows.find_all(session, ACCOUNT, {"userId": caller.user_id}, order="createdAt"),
            await rows.find_all(session, API_KEY, {"referenceId": caller.user_id}, order="createdAt"),
        ]

    sessions, accounts, keys = await context.read(work)
    profile = users.public(caller.user, context.options)
    head = {
        "exportedAt": context.now,
        "format": "json",
        "schemaVersion": SCHEMA_VERSION,
        "profile": {name: profile[name] for name in _PROFILE},
        "sessions": [_known(_SESSION, each) for each in sessions],
        "accounts": [_known(_ACCOUNT, each) for each in accounts],
    }
    return _written(context, head, {"apiKeys": [_known(_KEY, each) for each in keys]})


def _known(names: Iterable[str], found: Found) -> dict[str, Any]:
    return {name: found[name] if found[name] != "" else None for name in names}


async def _written(context: AuthContext, head: dict[str, Any], tail: dict[str, Any]) -> AsyncIterator[bytes]:
    """Yield one JSON object: the head, the records, the comments, the tail, the activities."""
    yield json_text.dump(head)[:-1] + b',"authoredRecords":['
    records = context.auth.authored.pages(context.auth.database, identity_of(context), context.now)
    async for part in _joined(records):
        yield part
    yield b'],"comments":['
    user_id = require_caller(context, takes_key=True).user_id
    async for part in _joined(context.auth.comments.pages(context.auth.database, user_id)):
        yield part
    yield b"]," + json_text.dump(tail)[1:-1] + b',"activities":['
    async for part in _joined(_activities(context)):
        yield part
    yield b"]}"


async def _joined(pages: AsyncIterator[list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    separator = b""
    async for page in pages:
        yield separator + json_text.dump(page)[1:-1]
        separator = b","


async def _activities(context: AuthContext) -> AsyncIterator[list[dict[str, Any]]]:
    user_id = str(require_caller(context, takes_key=True).user_id)
    after = ("", "")
    while True:
        start = after

        async def work(session: Session, start: tuple[str, str] = start) -> Sequence[Row]:
            return await log.entries_of(session, user_id, start, _ENTRIES_AT_ONCE)

        found = await context.read(work)
        if found:
            yield [dict(zip(_ENTRY, row, strict=True)) for row in found]
            after = (found[-1][1], found[-1][0])
        if len(found) < _ENTRIES_AT_ONCE:
            return
