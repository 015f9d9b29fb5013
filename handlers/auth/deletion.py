"""Deleting one's own account at once."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity import user_deletion
from tabularium.identity.context import AuthContext


async def delete_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/delete-user`."""
    return await user_deletion.delete(
        context,
        password=body.get("password"),
        token=body.get("token"),
        callback_url=body.get("callbackURL"),
    )


async def delete_user_callback(context: AuthContext, token: str, callback_url: str | None) -> Reply | dict[str, Any]:
    """Answer `GET /api/auth/delete-user/callback`."""
    answer = await user_deletion.open_link(context, token=token, callback_url=callback_url)
    return Reply(status=302, headers={"Location": answer}) if isinstance(answer, str) else answer
