"""What administrators do with users."""

from __future__ import annotations

from typing import Any

from tabularium.identity.admin import rights, standing, user_changes, user_list
from tabularium.identity.admin.user_list import UserQuery
from tabularium.identity.context import AuthContext


async def list_users(
    context: AuthContext,
    search_value: str | None,
    search_field: str,
    search_operator: str,
    filter_field: str,
    filter_value: list[str] | None,
    filter_operator: str,
    sort_by: str,
    sort_direction: str,
    limit: int | None,
    offset: int | None,
) -> dict[str, Any]:
    """Answer `GET /api/auth/admin/list-users`."""
    query = UserQuery(
        search_value=search_value,
        search_field=search_field,
        search_operator=search_operator,
        filter_field=filter_field,
        filter_operator=filter_operator,
        filter_values=filter_value,
        sort_by=sort_by,
        descending=sort_direction == "desc",
        limit=limit,
        offset=offset,
    )
    return await user_list.listed(context, query)


async def get_user(context: AuthContext, id: str) -> dict[str, Any]:  # noqa: A002 - the name is the wire's
    """Answer `GET /api/auth/admin/get-user`."""
    return await user_changes.get(context, id)


async def create_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/create-user`."""
    return await user_changes.create(
        context,
        email=body["email"],
        name=body["name"],
        password=body.get("password"),
        role=body.get("role"),
        data=body.get("data", {}),
    )


async def update_admin_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/update-user`."""
    return await user_changes.update(context, id_of(body), body["data"])


async def set_role(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/set-role`."""
    return await standing.set_role(context, id_of(body), body["role"])


async def ban_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/ban-user`."""
    return await standing.ban(context, id_of(body), reason=body.get("banReason"), seconds=body.get("banExpiresIn"))


async def unban_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/unban-user`."""
    return await standing.unban(context, id_of(body))


async def remove_user(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/remove-user`."""
    return await user_changes.remove(context, id_of(body))


async def set_user_password(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/set-user-password`."""
    return await user_changes.set_password(context, id_of(body), body["newPassword"])


async def has_permission(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/admin/has-permission`."""
    return await rights.has_permission(context, body["permissions"])


def id_of(body: dict[str, Any]) -> str:
    """Return the id of the user whom a body names, by text or by number."""
    sent = body["userId"]
    return sent if isinstance(sent, str) else str(int(sent))
