"""The parameters of a list of the log, from what came to what is asked for, with every failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from tabularium.activity.instants import Bounds, plan_bounds
from tabularium.db.activity import CATEGORIES, Category
from tabularium.db.activity_streams import Filters
from tabularium.errors import FieldError, ValidationFailed
from tabularium.query.cursor import Cursors, Position, binding_of
from tabularium.query.paging import Paging, open_cursor, plan_paging
from tabularium.query.parameters import Count
from tabularium.schema.model import ApiSettings

MOST_ON_A_PAGE: Final = 100
_PAGES: Final = ApiSettings(max_limit=MOST_ON_A_PAGE)
"""Pages of the log are as large, whatever the file says of those of records."""
_Wanted = Category | Literal["all"]


@dataclass(frozen=True, slots=True)
class ActivityParameters:
    """The parameters as they came; `None` where one was not given."""

    page: int | None = None
    page_size: int | None = None
    cursor: str | None = None
    count: Count = "estimate"
    category: _Wanted | None = None
    action: str | None = None
    table_name: str | None = None
    table: str | None = None
    """Another name for `table_name`."""
    table_id: str | None = None
    user_id: str | None = None
    record_id: str | None = None
    start_date: str | None = None
    end_date: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """A planned page of the log."""

    filters: Filters
    bounds: Bounds
    limit: int
    offset: int
    count: Count
    after: Position | None
    binding: str

    @property
    def page(self) -> int:
        return self.offset // self.limit + 1


def plan(asked: ActivityParameters, cursors: Cursors) -> ActivityQuery:
    """Return what is asked for. Raises `ValidationFailed` with all that is wrong."""
    errors: list[FieldError] = []
    filters = _filters(asked, errors)
    bounds = plan_bounds(asked.start_date, asked.end_date, errors)
    binding = binding_of(["activity", asdict(filters), asdict(bounds)])
    after = open_cursor(asked.cursor, cursors, binding, errors)
    limit, offset = plan_paging(Paging(asked.page_size, None, asked.page, asked.cursor), _PAGES, errors)
    if errors:
        named = [_named(each) for each in errors]
        raise ValidationFailed(named[0].message if len(named) == 1 else None, named)
    return ActivityQuery(filters, bounds, limit, offset, asked.count, after, binding)


def _named(error: FieldError) -> FieldError:
    """Return an error of paging in the words of this list."""
    if error.field == "limit":
        return replace(error, field="pageSize")
    if error.field == "cursor" and error.code == "conflicting":
        return replace(error, message="Send page or cursor, not both.")
    return error


def _filters(asked: ActivityParameters, errors: list[FieldError]) -> Filters:
    if asked.table is not None and asked.table_name is not None:
        errors.append(FieldError("table", "It is another name for tableName: send one of them.", "conflicting"))
    name = asked.table if asked.table_name is None else asked.table_name
    if asked.record_id is not None and name is None and asked.table_id is None:
        errors.append(
            FieldError("recordId", "Needs tableName or tableId: records of several tables share ids.", "required")
        )
    is_narrow = any(each is not None for each in (asked.action, name, asked.table_id))
    return Filters(
        categories=_categories(asked.category, is_narrow=is_narrow),
        action=asked.action,
        table_name=name,
        table_id=asked.table_id,
        user_id=asked.user_id,
        record_id=asked.record_id,
    )


def _categories(wanted: _Wanted | None, *, is_narrow: bool) -> tuple[Category, ...]:
    if wanted is None:
        return CATEGORIES if is_narrow else ("records",)
    return CATEGORIES if wanted == "all" else (wanted,)
