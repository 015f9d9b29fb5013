"""The second stage for `limit`, `offset`, `page` and `cursor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tabularium.errors import FieldError
from tabularium.query.cursor import Cursors, Position
from tabularium.schema.model import ApiSettings

MAX_OFFSET: Final = 2**53 - 2
"""The number of the page that begins there is still one that every JSON client can hold exactly."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The parameters of paging as they came; `None` where one was not given."""

    limit: int | None
    offset: int | None
    page: int | None
    cursor: str | None


def plan_paging(paging: Paging, settings: ApiSettings, errors: list[FieldError]) -> tuple[int, int]:
    """Return limit and offset, appending every failure to `errors`."""
    limit = settings.default_limit if paging.limit is None else paging.limit
    if not 1 <= limit <= settings.max_limit:
        errors.append(FieldError("limit", f"Allowed are 1 to {settings.max_limit}.", "out_of_range"))
    given = [name for name in ("offset", "page", "cursor") if getattr(paging, name) is not None]
    if len(given) > 1:
        message = "At most one of offset, page and cursor may be given."
        errors.append(FieldError(given[-1], message, "conflicting"))
    if paging.offset is not None and not 0 <= paging.offset <= MAX_OFFSET:
        errors.append(FieldError("offset", f"Allowed are 0 to {MAX_OFFSET}.", "out_of_range"))
    most_pages = MAX_OFFSET // max(limit, 1) + 1
    if paging.page is not None and not 1 <= paging.page <= most_pages:
        errors.append(FieldError("page", f"Allowed are 1 to {most_pages} at this limit.", "out_of_range"))
    return limit, paging.offset or ((paging.page or 1) - 1) * limit


def open_cursor(text: str | None, cursors: Cursors, binding: str, errors: list[FieldError]) -> Position | None:
    """Return the position that a cursor names, appending a failure to `errors`."""
    if text is None:
        return None
    position = cursors.open(text, binding)
    if position is None:
        message = "This cursor was altered, or belongs to another list; begin again without it."
        errors.append(FieldError("cursor", message, "invalid_cursor"))
    return position
