"""Tag `comments`: what people say about a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from handlers.reply import Reply
from tabularium.comments import changing, creating, deleting, marking, reading
from tabularium.context import Context
from tabularium.query.expected import Expected
from tabularium.schema.model import Table


async def list_comments(context: Context, table: Table, record_id: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/records/{recordId}/comments`."""
    return await reading.list_page(context, table, record_id, reading.ListParameters(**query))


async def create_comment(context: Context, table: Table, record_id: str, body: dict[str, Any]) -> Reply:
    """Answer `POST /api/tables/{tableId}/records/{recordId}/comments`."""
    comment = await creating.create(context, table, record_id, body)
    segments = (table.name, comment.content["recordId"], comment.content["id"])
    location = "/api/tables/{}/records/{}/comments/{}".format(*(quote(each, safe="") for each in segments))
    return Reply({"comment": comment.content}, 201, {"Location": location}, revision=comment.version)


async def get_comment(context: Context, table: Table, record_id: str, comment_id: str) -> Reply:
    """Answer `GET /api/tables/{tableId}/records/{recordId}/comments/{commentId}`."""
    comment = await reading.get(context, table, record_id, comment_id)
    return Reply(comment.content, revision=comment.version)


async def update_comment(
    context: Context, table: Table, record_id: str, comment_id: str, body: dict[str, Any], if_match: Expected | None
) -> Reply:
    """Answer `PATCH /api/tables/{tableId}/records/{recordId}/comments/{commentId}`."""
    comment = await changing.update(context, table, record_id, comment_id, body, if_match)
    return Reply(comment.content, revision=comment.version)


async def delete_comment(
    context: Context, table: Table, record_id: str, comment_id: str, if_match: Expected | None
) -> None:
    """Answer `DELETE /api/tables/{tableId}/records/{recordId}/comments/{commentId}`."""
    await deleting.delete(context, table, record_id, comment_id, if_match)


async def mark_comments_read(context: Context, table: Table, record_id: str) -> dict[str, Any]:
    """Answer `POST /api/tables/{tableId}/records/{recordId}/comments/read`."""
    await marking.mark_read(context, table, record_id)
    return {"success": True}
