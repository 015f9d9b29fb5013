"""The views of a table: read and checked with the file, so that a request only has to put them together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tabularium.config.blocks import ViewBlock, ViewPermissionsBlock, ViewSortBlock
from tabularium.config.nodes import Place, plain
from tabularium.config.problems import quoted, suggestion
from tabularium.config.validate import is_mapping, list_items, read_block
from tabularium.schema.audiences import read_audience
from tabularium.schema.drafts import TableDraft, is_complete
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    UPDATED_COLUMN,
    Field,
    FieldOrder,
    Table,
    View,
)
from tabularium.schema.permissions import EVERYONE, Audience
from tabularium.schema.resolution import Resolver, place_at

MAX_VIEWS: Final = 500
MAX_SORTS: Final = 10

_SQL_KEYS: Final = ("query", "materialized", "refreshOnMigration")
_OFFERED: Final = "a view here has filters, sorts, fields and groupBy over the records of its table"
_SYSTEM_COLUMNS: Final = frozenset({KEY_COLUMN, CREATED_COLUMN, UPDATED_COLUMN, DELETED_COLUMN})


def configured_views(draft: TableDraft, resolver: Resolver, roles: Collection[str]) -> tuple[View, ...]:
    """Read the views of a table whose fields are resolved, and report what is wrong with them.

    `roles` are the names that the application knows.
    """
    reading = _Reading(draft, resolver, roles)
    return tuple(reading.views())


@dataclass(slots=True)
class _Reading:
    """One pass over the views of one table."""

    draft: TableDraft
    resolver: Resolver
    roles: Collection[str]
    taken: dict[str, Place] = field(default_factory=dict)
    default: Place | None = None

    def views(self) -> Iterator[View]:
        for place in list_items(self.draft.place.child("views"), 0, MAX_VIEWS):
            view = self._view(place)
            if view is not None:
                yield view

    def _view(self, place: Place) -> View | None:
        if not is_mapping(place):
            return None
        self._refuse_sql(place)
        block = read_block(place.without(set(_SQL_KEYS)), ViewBlock)
        condition, names = self._condition(place)
        sorts = self._sorts(place)
        group_by = self._order(place.child("groupBy"), "grouped")
        readers = self._readers(place.child("permissions"))
        fields = self._fields(place, block.fields if block else None)
        if block is None:
            return None
        self._take(block, place)
        filters = plain(place.at("filters").node) if place.child("filters") else None
        return View(block.id, block.name, fields, filters, condition, names, sorts, group_by, block.is_default, readers)

    def _refuse_sql(self, place: Place) -> None:
        name = place.at("name").value
        for key in _SQL_KEYS:
            if key in place.entries:
                title = f"the view {quoted(str(name))} of the table {quoted(self.draft.name)}"
                place.error_at_key(key, f"{title} asks for an SQL view, which is not supported: {_OFFERED}")

    def _take(self, block: ViewBlock, place: Place) -> None:
        for key, reference in (("id", block.id), ("name", block.name)):
            former = self.taken.setdefault(reference, place)
            if former is not place:
                first = former.at("id").node.position
                place.at(key).error(f"another view of the table has the id or name {quoted(reference)} ({first})")
        if block.is_default and self.default is not None:
            first = self.default.at("isDefault").node.position
            place.at("isDefault").error(f"another view is the default of the table already ({first})")
        if block.is_default:
            self.default = self.default or place

    # What it names ----------------------------------------------------------------------------------------------------

    def _find(self, name: str) -> Field | None:
        if name not in self.draft.fields:
            return None
        kind = self.resolver.resolve(self.draft, name)
        return None if kind is None or not kind.has_value else Field(None, name, kind)

    def _is_known(self, name: str, place: Place) -> bool:
        """Say whether the table has this field; an unknown one is reported."""
        draft = self.draft.fields.get(name)
        if draft is not None and draft.type is not None and not draft.type.has_value:
            place.error(f"the field {quoted(name)} has no value")
            return False
        if draft is not None or not is_complete(self.draft.place.child("fields")):
            return draft is not None and draft.type is not None
        place.error(
            f"the table {quoted(self.draft.name)} has no field {quoted(name)}{suggestion(name, self.draft.fields)}"
        )
        return False

    def _condition(self, place: Place) -> tuple[object, frozenset[str]]:
        filters = place.child("filters")
        if filters is None:
            return None, frozenset()
        named: set[str] = set()

        def find(name: str) -> Field | None:
            found = self._find(name)
            if found is not None:
                named.add(name)
            return found

        table = Table(None, self.draft.name, self.draft.database_name, (), self.draft.key)
        condition, errors = self.resolver.plan(plain(filters.node), table, find, self.draft.fields)
        for error in errors:
            broken = error.code == "unknown_field" and any(name in error.message for name in self._failed())
            if not broken:
                place_at(filters, error.field.removeprefix(".")).error(error.message)
        return (None if errors else condition), frozenset(named)

    def _failed(self) -> Sequence[str]:
        """Return the fields whose own errors are reported, so that nothing more is said of them."""
        return [quoted(name) for name, each in self.draft.fields.items() if each.type is None]

    def _fields(self, place: Place, names: Sequence[str] | None) -> tuple[str, ...] | None:
        if names is None:
            return None
        seen: set[str] = set()
        for item in place.at("fields").items():
            name = item.value
            if not isinstance(name, str):
                continue
            if name in seen:
                item.error(f"{quoted(name)} stands here twice")
            elif self._is_known(name, item):
                seen.add(name)
        return tuple(name for name in self.draft.fields if name in seen)

    def _sorts(self, place: Place) -> tuple[FieldOrder, ...]:
        sorts: list[FieldOrder] = []
        for item in list_items(place.child("sorts"), 0, MAX_SORTS):
            order = self._order(item, "sorted")
            if order is not None and any(order.field == other.field for other in sorts):
                item.at("field").error(f"{quoted(order.field)} stands here twice")
            elif order is not None:
                sorts.append(order)
        return tuple(sorts)

    def _order(self, place: Place | None, verb: str) -> FieldOrder | None:
        block = read_block(place, ViewSortBlock) if place is not None else None
        if place is None or block is None:
            return None
        name, at = block.field, place.at("field")
        if name not in _SYSTEM_COLUMNS or name in self.draft.fields:
            if not self._is_known(name, at):
                return None
            kind = self.draft.fields[name].type
            if kind is None or not kind.is_sortable:
                at.error(f"records cannot be {verb} by {quoted(name)}")
                return None
        return FieldOrder(name, block.direction == "desc")

    # Who may use it ---------------------------------------------------------------------------------------------------

    def _readers(self, place: Place | None) -> Audience | None:
        block = read_block(place, ViewPermissionsBlock) if place is not None else None
        if place is None or block is None:
            return None
        if block.public and block.read is not None:
            place.at("public").error('"public" and "read" exclude one another')
        if block.public:
            return EVERYONE
        return read_audience(place, "read", self.roles)
