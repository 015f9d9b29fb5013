"""The ways in which the caller signs in, and the tokens that providers gave for them."""

from __future__ import annotations

from typing import Any

from tabularium.identity.context import AuthContext
from tabularium.identity.social import access, accounts
from tabularium.identity.social.accounts import Selection


async def list_accounts(context: AuthContext) -> list[dict[str, Any]]:
    """Answer `GET /api/auth/list-accounts`."""
    return await accounts.listed(context)


async def unlink_account(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/unlink-account`."""
    return await accounts.unlink(context, _selection(body))


async def get_access_token(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/get-access-token`."""
    return await access.get_access_token(context, _selection(body))


async def refresh_token(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/refresh-token`."""
    return await access.refresh_token(context, _selection(body))


async def get_account_info(context: AuthContext, provider_id: str | None, account_id: str | None) -> dict[str, Any]:
    """Answer `GET /api/auth/account-info`."""
    return await access.account_info(context, Selection(provider_id, account_id))


def _selection(body: dict[str, Any]) -> Selection:
    return Selection(body.get("providerId"), body.get("accountId"))
