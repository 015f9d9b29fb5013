"""What people are called, and the address that they are reached at."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity import email_verification, profile
from tabularium.identity.context import AuthContext


async def send_verification_email(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/send-verification-email`."""
    return await email_verification.send(context, email=body["email"], callback_url=body.get("callbackURL"))


async def verify_email(context: AuthContext, token: str, callback_url: str | None) -> Reply | dict[str, Any]:
    """Answer `GET /api/auth/verify-email`."""
    answer = await email_verification.open_link(context, sent=token, callback_url=callback_url)
    return Reply(status=302, headers={"Location": answer}) if isinstance(answer, str) else answer


async def change_email(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/change-email`."""
    return await email_verification.request_change(
        context, new_email=body["newEmail"], callback_url=body.get("callbackURL")
    )


async def update_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/update-user`."""
    return await profile.update(context, body)
