"""Tag `account`: what is stored of the caller, and its erasure."""

from __future__ import annotations

from typing import Any, Final

from handlers.reply import Reply
from tabularium.identity import account_export, pending_erasure
from tabularium.identity.context import AuthContext

_FILE: Final = 'attachment; filename="account-export.json"'


async def export_account(context: AuthContext) -> Reply:
    """Answer `GET /api/account/export`."""
    return Reply(await account_export.export(context), headers={"Content-Disposition": _FILE})


async def delete_account(context: AuthContext, body: dict[str, Any]) -> Reply:
    """Answer `POST /api/account/delete`."""
    if "cancel" in body:
        return Reply(await pending_erasure.cancel(context), status=200)
    return Reply(await pending_erasure.schedule(context), status=202)


async def get_pending_erasure(context: AuthContext) -> dict[str, Any]:
    """Answer `GET /api/account/pending-erasure`."""
    return await pending_erasure.pending(context)
