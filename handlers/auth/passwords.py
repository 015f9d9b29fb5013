"""Forgotten, changed and compared passwords."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity import password_changes
from tabularium.identity.context import AuthContext


async def request_password_reset(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/request-password-reset`."""
    return await password_changes.request_reset(context, email=body["email"], redirect_to=body.get("redirectTo"))


async def open_reset_password(context: AuthContext, token: str, callback_url: str) -> Reply:
    """Answer `GET /api/auth/reset-password/{token}`."""
    url = await password_changes.open_reset(context, token=token, callback_url=callback_url)
    return Reply(status=302, headers={"Location": url})


async def reset_password(context: AuthContext, body: dict[str, Any], token: str | None) -> dict[str, Any]:
    """Answer `POST /api/auth/reset-password`."""
    return await password_changes.reset(context, new_password=body["newPassword"], token=body.get("token") or token)


async def verify_password(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/verify-password`."""
    return await password_changes.verify(context, password=body["password"])


async def change_password(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/change-password`."""
    return await password_changes.change(
        context,
        current_password=body["currentPassword"],
        new_password=body["newPassword"],
        revoke_other_sessions=bool(body.get("revokeOtherSessions")),
    )
