"""Making, listing, changing and deleting one's API keys. A key makes and changes none, but it may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import API_KEY
from tabularium.identity import users
from tabularium.identity.api_keys import properties
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused, not_signed_in
from tabularium.identity.secrets import LETTERS, hashed, new_id, random_text

KEY_LENGTH: Final = 64
"""The letters of a key after its prefix."""
_START_LENGTH: Final = 6
_USUAL_LIMIT: Final = 100
_EDITABLE: Final = ("name", "enabled", "expiresIn", "metadata")


async def create(context: AuthContext, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Make a key of the caller. The answer alone shows it: what is stored leads to no key."""
    caller = _require_person(context, sent)
    properties.check_server_only(sent)
    wanted = {"expiresIn": context.options.api_key_expires_in, **sent}
    columns = properties.columns_of(
        context, {name: wanted[name] for name in ("name", "prefix", "expiresIn", "metadata") if name in wanted}
    )
    key = f"{columns.get('prefix', '')}{random_text(KEY_LENGTH, LETTERS)}"
    row = _new_row(context, caller, key, columns)

    async def work(transaction: Session) -> None:
        if await users.lock(transaction, caller.user_id) is None:  # keys do not refer to users: one would be left over
            raise not_signed_in()
        await rows.insert(transaction, API_KEY, row)
        await context.note(transaction, "api_key.created", caller.user, keyId=row["id"])

    await context.write(work)
    return {**properties.public(row), "key": key}


def _new_row(context: AuthContext, caller: Caller, key: str, columns: Mapping[str, Any]) -> Found:
    row: Found = dict.fromkeys(API_KEY.names)
    row.update(
        id=new_id(),
        configId=properties.DEFAULT_CONFIG,
        start=key[:_START_LENGTH],
        referenceId=caller.user_id,
        key=hashed(key),
        enabled=True,
        rateLimitEnabled=False,
        requestCount=0,
        createdAt=context.now,
        updatedAt=context.now,
    )
    row.update(columns)
    return row


async def list_own(
    context: AuthContext,
    *,
    limit: int | None,
    offset: int | None,
    sort_by: str | None,
    sort_direction: str | None,
) -> dict[str, Any]:
    """Return `{apiKeys, total}` of the caller, with `limit` and `offset` where they were given.

    They are in the order of `sort_by` and then of their ids, those without a value before the others.
    """
    caller = _require_caller(context)
    found = await context.read(lambda session: rows.find_all(session, API_KEY, {"referenceId": caller.user_id}))
    name = sort_by or "createdAt"
    # A person has few keys: sorted here they are in the same order on every database.
    found.sort(key=lambda key: key["id"])
    found.sort(key=lambda key: _sort_key(key[name]), reverse=sort_direction == "desc")
    first = offset or 0
    page = found[first : first + (limit or _USUAL_LIMIT)]
    given = {"limit": limit, "offset": offset}
    return {
        "apiKeys": [properties.public(key) for key in page],
        "total": len(found),
        **{each: value for each, value in given.items() if value is not None},
    }


def _sort_key(value: Any) -> tuple[bool, Any]:
    return value is not None, "" if value is None else value


async def get(context: AuthContext, *, key_id: str) -> dict[str, Any]:
    """Return one of the caller's keys. Raises `KEY_NOT_FOUND`, for those of others too."""
    caller = _require_caller(context)
    return properties.public(await context.read(lambda session: _find(session, caller, key_id)))


async def update(context: AuthContext, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Change one of the caller's keys."""
    caller = _require_person(context, sent)
    properties.check_server_only(sent)
    key_id = str(sent["keyId"])

    async def work(transaction: Session) -> Found:
        key = await _find(transaction, caller, key_id)
        columns = properties.columns_of(context, {name: sent[name] for name in _EDITABLE if name in sent})
        if not columns:
            raise AuthRefused(400, "NO_VALUES_TO_UPDATE")
        changed = {**columns, "updatedAt": context.now}
        await rows.update(transaction, API_KEY, changed, {"id": key["id"]})
        await context.note(transaction, "api_key.updated", caller.user, keyId=key["id"])
        return {**key, **changed}

    return properties.public(await context.write(work))


async def delete(context: AuthContext, *, key_id: str) -> dict[str, Any]:
    """Delete one of the caller's keys."""
    caller = context.require_session()

    async def work(transaction: Session) -> None:
        if not await rows.delete(transaction, API_KEY, {"id": key_id, "referenceId": caller.user_id}):
            raise AuthRefused(404, "KEY_NOT_FOUND")
        await context.note(transaction, "api_key.deleted", caller.user, keyId=key_id)

    await context.write(work)
    return {"success": True}


async def _find(session: Session, caller: Caller, key_id: str) -> Found:
    key = await rows.find(session, API_KEY, {"id": key_id, "referenceId": caller.user_id})
    if key is None:
        raise AuthRefused(404, "KEY_NOT_FOUND")
    return key


def _require_caller(context: AuthContext) -> Caller:
    """Return whoever is signed in, by a key too. Raises 401."""
    if context.caller is None:
        raise not_signed_in()
    return context.caller


def _require_person(context: AuthContext, sent: Mapping[str, Any]) -> Caller:
    """Return the caller, who acts for nobody else and has a session of their own. Raises `UNAUTHORIZED_SESSION`."""
    caller = context.caller
    if caller is None or caller.is_key or sent.get("userId") is not None:
        raise AuthRefused(401, "UNAUTHORIZED_SESSION")
    return caller
