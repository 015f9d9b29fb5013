"""Signing up and in with a password, and what tells whether authentication is there."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity import error_page, profile, sign_in, sign_up
from tabularium.identity.context import AuthContext

_FORBIDDEN = ("role", "banReason", "banExpires")


async def get_ok(context: AuthContext) -> dict[str, Any]:
    """Answer `GET /api/auth/ok`."""
    return {"ok": True}


async def get_error(context: AuthContext, error: Any, error_description: Any) -> Reply:
    """Answer `GET /api/auth/error`."""
    headers = {"Content-Security-Policy": error_page.CONTENT_SECURITY_POLICY}
    content = error_page.html(error or "", error_description or "", context.auth.schema.name)
    return Reply(content, headers=headers, content_type="text/html; charset=utf-8")


async def sign_up_email(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-up/email`."""
    profile.refuse_fields(body, _FORBIDDEN)
    return await sign_up.by_email(
        context,
        name=body["name"],
        email=body["email"],
        password=body["password"],
        image=body.get("image"),
        callback_url=body.get("callbackURL"),
        remember=body.get("rememberMe", True),
    )


async def sign_in_email(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-in/email`."""
    return await sign_in.by_email(
        context,
        email=body["email"],
        password=body["password"],
        remember=body.get("rememberMe", True),
        callback_url=body.get("callbackURL"),
    )
