"""The caller's own sessions."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium import json_text
from tabularium.identity import own_sessions
from tabularium.identity.context import AuthContext


async def get_session(context: AuthContext, disable_refresh: bool | None, disable_cookie_cache: bool | None) -> Reply:
    """Answer `GET /api/auth/get-session`. Dispatch has found the session, and extended it if that may be."""
    return Reply(json_text.dump(await own_sessions.current(context)))


async def post_get_session(context: AuthContext, body: dict[str, Any]) -> Reply:
    """Answer `POST /api/auth/get-session`."""
    raise own_sessions.deferred_refresh()


async def list_sessions(context: AuthContext) -> list[dict[str, Any]]:
    """Answer `GET /api/auth/list-sessions`."""
    return await own_sessions.listed(context)


async def revoke_session(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/revoke-session`."""
    return await own_sessions.revoke(context, token=body["token"])


async def revoke_sessions(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/revoke-sessions`."""
    return await own_sessions.revoke_all(context)


async def revoke_other_sessions(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/revoke-other-sessions`."""
    return await own_sessions.revoke_others(context)


async def update_session(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/update-session`."""
    return await own_sessions.update(context)


async def sign_out(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-out`."""
    return await own_sessions.sign_out(context)
