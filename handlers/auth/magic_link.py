"""Signing in by a link that is mailed."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity import magic_link
from tabularium.identity.context import AuthContext


async def sign_in_magic_link(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-in/magic-link`."""
    return await magic_link.request(
        context,
        email=body["email"],
        name=body.get("name"),
        callback_url=body.get("callbackURL"),
        new_user_url=body.get("newUserCallbackURL"),
        error_url=body.get("errorCallbackURL"),
    )


async def verify_magic_link(
    context: AuthContext,
    token: str,
    callback_url: str | None,
    new_user_callback_url: str | None,
    error_callback_url: str | None,
) -> Reply | dict[str, Any]:
    """Answer `GET /api/auth/magic-link/verify`."""
    answer = await magic_link.verify(
        context,
        token=token,
        callback_url=callback_url,
        new_user_url=new_user_callback_url,
        error_url=error_callback_url,
    )
    return Reply(status=302, headers={"Location": answer}) if isinstance(answer, str) else answer
