"""The envelope of a page: which part of a collection it is."""

from __future__ import annotations

from typing import Any, Protocol

from tabularium.query.cursor import Position
from tabularium.query.parameters import Count
from tabularium.query.plan import MOST_ESTIMATED


class Paged(Protocol):
    """What a planned list tells of its page."""

    @property
    def limit(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def page(self) -> int: ...
    @property
    def count(self) -> Count: ...
    @property
    def after(self) -> Position | None: ...


def pagination_of(query: Paged, has_more: bool, total: int | None, cursor: str | None) -> dict[str, Any]:
    """Return the envelope. With a cursor nobody knows how many items come before."""
    is_numbered = query.after is None
    pagination: dict[str, Any] = {"page": query.page} if is_numbered else {}
    pagination["limit"] = query.limit
    if is_numbered:
        pagination["offset"] = query.offset
    if total is not None and query.count == "estimate" and total > MOST_ESTIMATED:
        pagination |= {"total": MOST_ESTIMATED, "totalIsEstimate": True}
    elif total is not None:
        pagination |= {"total": total, "totalPages": -(-total // query.limit)}
    pagination["hasNextPage"] = has_more
    if is_numbered:
        pagination["hasPreviousPage"] = query.offset > 0
    return {**pagination, "nextCursor": cursor}
