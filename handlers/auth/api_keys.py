"""The caller's API keys."""

from __future__ import annotations

from typing import Any

from tabularium.identity.api_keys import managing
from tabularium.identity.context import AuthContext


async def create_api_key(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/api-key/create`."""
    return await managing.create(context, body)


async def list_api_keys(
    context: AuthContext,
    limit: int | None,
    offset: int | None,
    sort_by: str | None,
    sort_direction: str | None,
    config_id: str | None,
) -> dict[str, Any]:
    """Answer `GET /api/auth/api-key/list`."""
    return await managing.list_own(context, limit=limit, offset=offset, sort_by=sort_by, sort_direction=sort_direction)


async def get_api_key(context: AuthContext, id: str, config_id: str | None) -> dict[str, Any]:  # noqa: A002  # its name on the wire
    """Answer `GET /api/auth/api-key/get`."""
    return await managing.get(context, key_id=id)


async def update_api_key(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/api-key/update`."""
    return await managing.update(context, body)


async def delete_api_key(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/api-key/delete`."""
    return await managing.delete(context, key_id=body["keyId"])
