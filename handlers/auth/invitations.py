"""Invitations, and the first administrator."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.errors import NotFound
from tabularium.identity import first_admin, invitation_page
from tabularium.identity.admin import invitations
from tabularium.identity.context import AuthContext


async def invite_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/invite-user`."""
    return await invitations.invite(context, email=body["email"], name=body["name"], role=body.get("role"))


async def accept_invitation(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/accept-invitation`."""
    return await invitations.accept(context, token=body["token"], password=body["password"], name=body.get("name"))


async def open_invitation(context: AuthContext, token: str | None) -> Reply:
    """Answer `GET /accept-invitation`."""
    if context.options.invitation_url != invitations.DEFAULT_URL:
        raise NotFound("There is nothing at this path.")
    headers = {"Content-Security-Policy": invitation_page.CONTENT_SECURITY_POLICY, "Cache-Control": "no-store"}
    content = invitation_page.html(context, token or "")
    return Reply(content, headers=headers, content_type="text/html; charset=utf-8")


async def claim_first_admin(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/admin/bootstrap/claim`."""
    return await first_admin.claim(context, email=body["email"], password=body["password"], name=body.get("name"))
