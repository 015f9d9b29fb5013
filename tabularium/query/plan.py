"""The second stage: the parameters of a read, against a table and what the caller may read → an immutable query.

All failures of filter, sort, fields and paging are collected and raised together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Final, Literal, Self, cast, get_args

from tabularium.errors import FieldError, NotFound, ValidationFailed
from tabularium.query.aggregates import Aggregates, plan_aggregates
from tabularium.query.authors import Authors, authors_of
from tabularium.query.conditions import EVERY_ROW, Condition, WordSearch, joined
from tabularium.query.cursor import Position, binding_of, cursors_of
from tabularium.query.grouping import Grouping, plan_grouping
from tabularium.query.moment import ANY_MOMENT, NOBODY, Caller, Moment, plan_zone
from tabularium.query.names import ReadableFields
from tabularium.query.paging import Paging, open_cursor, plan_paging
from tabularium.query.parameters import Count, Form, GetParameters, ListParameters
from tabularium.query.parse import parse_filter
from tabularium.query.parse_formula import parse_formula
from tabularium.query.plan_filter import plan_filter
from tabularium.query.relative_dates import at_moment
from tabularium.query.search import plan_search
from tabularium.query.sorting import SortKey, described, plan_sort
from tabularium.query.system_fields import system_fields
from tabularium.query.views import narrowed, view_grouping, view_sort, within
from tabularium.schema.model import DELETED_COLUMN, ApiSettings, Table, View

Scope = Literal["live", "all", "deleted"]
"""Which rows a query sees as far as the trash is concerned."""

MOST_ESTIMATED: Final = 10_000
"""As many rows are counted at most where an estimate is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What every planned read has. `fields` are in configuration order."""

    table: Table
    fields: tuple[str, ...]
    where: Condition = EVERY_ROW
    scope: Scope = "live"
    format: Form = "raw"
    zone: tzinfo | None = None
    """The zone of display, where the caller names one."""
    now: str = ANY_MOMENT.now
    """The instant of the request."""
    caller: Caller = NOBODY
    """Who asks, as far as rules for rows need to know."""
    authors: Authors = ()
    """Who did what, as far as the caller may read it."""
    plain: frozenset[str] = frozenset()
    """The fields that are displayed as their values, since the caller cannot read what else would show them."""

    def displaying_plainly(self, names: frozenset[str]) -> Self:
        """Return the query that displays these fields as their values, and reads no other field to show them."""
        return replace(self, plain=names) if names and self.format == "display" else self

    @property
    def moment(self) -> Moment:
        """When and where it is asked for, and by whom."""
        return Moment(self.now, self.zone or UTC, self.caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery(_Reading):
    """A planned list. The key follows `sort`, ascending, unless it is in it."""

    sort: tuple[SortKey, ...] = ()
    limit: int = 50
    offset: int = 0
    count: Count = "exact"
    search: WordSearch | None = None
    """What `q` looks for; it is part of `where` too. Without a `sort` its relevance comes first."""
    aggregates: Aggregates | None = None
    grouping: Grouping | None = None
    after: Position | None = None
    """Where the page before this one ended, for a list that goes on from a cursor."""
    binding: str = ""
    """What cursors of the list are bound to."""

    @property
    def page(self) -> int:
        """The number of the page that holds the first row asked for, counted from 1."""
        return self.offset // self.limit + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GetQuery(_Reading):
    """A planned read of one record. `key` is the driver's value."""

    key: int | str


def plan_list(
    table: Table,
    readable: Collection[str],
    parameters: ListParameters,
    settings: ApiSettings | None = None,
    view: View | None = None,
    now: str = ANY_MOMENT.now,
    cursor_key: bytes = b"",
    caller: Caller = NOBODY,
) -> ListQuery:
    """Plan `list_records`. `readable` holds the names of the configured fields that the caller may read.

    Through a view, its fields are all that the caller may name; its own filter and sorts may use any, while its
    grouping, which shows values, holds only where the caller may read its field.

    Raises `BadRequest` for a filter that cannot be read, and `ValidationFailed` with everything else that is wrong.
    """
    fields = ReadableFields(table, within(view, readable))
    errors: list[FieldError] = []
    selected = _plan_fields(fields, parameters.fields, errors)
    zone = plan_zone(parameters.timezone, errors)
    scope = _plan_scope(parameters, errors)
    search = plan_search(parameters.q, fields, errors)
    sort = plan_sort(parameters.sort, parameters.order, fields, errors) or view_sort(view, table)
    if not sort and search is None:
        sort = _sort_of_scope(scope, table)
    binding = _binding(table, view, parameters, scope, sort)
    after = open_cursor(parameters.cursor, cursors_of(cursor_key), binding, errors)
    # All pages of a list look at one instant, that of the first.
    moment = Moment(after.now if after else now, zone or UTC)
    conditions = [
        narrowed(view, _plan_where(parameters.filter, fields, errors, moment)),
        *([] if search is None else [search]),
        *_plan_formula(parameters.filter_by_formula, fields, errors, moment),
    ]
    aggregates = plan_aggregates(parameters.aggregate, fields, errors)
    grouping = plan_grouping(parameters.group_by, fields, errors) or view_grouping(view, table, readable)
    paging = Paging(parameters.limit, parameters.offset, parameters.page, parameters.cursor)
    limit, offset = plan_paging(paging, settings or ApiSettings(), errors)
    if parameters.count not in get_args(Count):
        errors.append(FieldError("count", f"Allowed are: {', '.join(get_args(Count))}.", "invalid_value"))
    if errors:
        raise _failed(errors)
    return ListQuery(
        table=table,
        fields=selected,
        where=at_moment(joined(conditions, every=True), moment),
        scope=scope,
        format=parameters.format,
        zone=zone,
        now=moment.now,
        caller=caller,
        authors=authors_of(table, readable),
        sort=sort,
        limit=limit,
        offset=offset,
        count=cast("Count", parameters.count),
        search=search,
        aggregates=aggregates,
        grouping=grouping,
        after=after,
        binding=binding,
    )


def _binding(
    table: Table, view: View | None, parameters: ListParameters, scope: Scope, sort: tuple[SortKey, ...]
) -> str:
    """Return a digest of everything that decides which records a list has, and in which order.

    The sort is that which was planned, with the types of its values: a view or a table may become another, with another
    application file, and a position of before is then of no use.
    """
    named = (view.id if view else None, parameters.filter, parameters.filter_by_formula, parameters.q)
    return binding_of([table.name, *named, parameters.timezone, scope, table.primary_key.kind, described(sort)])


def plan_get(
    table: Table,
    readable: Collection[str],
    record_id: str,
    parameters: GetParameters | None = None,
    now: str = ANY_MOMENT.now,
    caller: Caller = NOBODY,
) -> GetQuery:
    """Plan `get_record`. Raises `ValidationFailed`, and `NotFound` for an id that no record of the table can have."""
    asked = parameters or GetParameters()
    errors: list[FieldError] = []
    selected = _plan_fields(ReadableFields(table, readable), asked.fields, errors)
    zone = plan_zone(asked.timezone, errors)
    if errors:
        raise _failed(errors)
    key = table.primary_key.parse(record_id)
    if key is None:
        raise NotFound("There is no such record.")
    scope: Scope = "all" if asked.include_deleted else "live"
    authors = authors_of(table, readable)
    return GetQuery(
        table=table,
        fields=selected,
        key=key,
        scope=scope,
        format=asked.format,
        zone=zone,
        now=now,
        caller=caller,
        authors=authors,
    )


_SCOPES: Final[Mapping[str | None, Scope]] = {None: "live", "false": "live", "true": "all", "only": "deleted"}


def _plan_scope(parameters: ListParameters, errors: list[FieldError]) -> Scope:
    """Read `includeDeleted`, and `deleted`, of which `true` is short for `includeDeleted=only`."""
    named = parameters.include_deleted
    if named not in _SCOPES:
        errors.append(FieldError("includeDeleted", "Allowed are: false, true, only.", "invalid_value"))
        return "live"
    scope = _SCOPES[named]
    contradicts = named is not None and parameters.deleted is not None and parameters.deleted != (scope == "deleted")
    if contradicts:
        errors.append(FieldError("deleted", "This contradicts includeDeleted.", "conflicting"))
    return "deleted" if parameters.deleted else scope


def _sort_of_scope(scope: Scope, table: Table) -> tuple[SortKey, ...]:
    """Return the order where nobody names one: in the trash the latest first, else that of the key."""
    return (SortKey(system_fields(table)[DELETED_COLUMN], descending=True),) if scope == "deleted" else ()


def _failed(errors: list[FieldError]) -> ValidationFailed:
    return ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)


def _plan_where(text: str | None, fields: ReadableFields, errors: list[FieldError], moment: Moment) -> Condition:
    if text is None:
        return EVERY_ROW
    try:
        parsed = parse_filter(text)
    except ValidationFailed as failed:
        errors.extend(failed.errors)
        return EVERY_ROW
    errors.extend(parsed.errors)
    return plan_filter(parsed.node, fields, errors, moment)


def _plan_formula(
    text: str | None, fields: ReadableFields, errors: list[FieldError], moment: Moment
) -> list[Condition]:
    return [] if text is None else [plan_filter(parse_formula(text), fields, errors, moment)]


def _plan_fields(fields: ReadableFields, asked: Sequence[str] | None, errors: list[FieldError]) -> tuple[str, ...]:
    """Return the names of the selected configured fields.

    System columns may be named, and add nothing: the envelope holds them anyway. `fields=id` therefore selects none.
    """
    if asked is None:
        return tuple(each.name for each in fields.table.fields if each.name in fields.names and each.type.is_listed)
    named: set[str] = set()
    for name in asked:
        found = fields.find(name)
        if found is None:
            errors.append(fields.unknown("fields", name))
        elif found.name in named:
            errors.append(FieldError("fields", f'The field "{found.name}" is named twice.', "duplicate"))
        else:
            named.add(found.name)
    # A system column may bear the name of a declared field that the caller cannot read.
    return tuple(each.name for each in fields.table.fields if each.name in named and each.name in fields.names)
