"""What administrators do with the sessions of others, and acting as somebody else."""

from __future__ import annotations

from typing import Any

from handlers.auth.admin_users import id_of
from tabularium.identity.admin import impersonation, user_sessions
from tabularium.identity.context import AuthContext


async def impersonate_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/impersonate-user`."""
    return await impersonation.start(context, id_of(body))


async def stop_impersonating(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/stop-impersonating`."""
    return await impersonation.stop(context)


async def list_user_sessions(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/list-user-sessions`."""
    return await user_sessions.listed(context, id_of(body))


async def revoke_user_session(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/revoke-user-session`."""
    return await user_sessions.revoke(context, body["sessionToken"])


async def revoke_user_sessions(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/revoke-user-sessions`."""
    return await user_sessions.revoke_all(context, id_of(body))
