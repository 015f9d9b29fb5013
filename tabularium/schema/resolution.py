"""The second pass over the file: every field is bound to the tables and fields that its options name.

A field may name others that are not bound yet; these come first. So links come before what is computed from them, in
whatever order the file has them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from tabularium.config.nodes import Place
from tabularium.config.problems import quoted, suggestion
from tabularium.errors import FieldError
from tabularium.schema.drafts import FieldDraft, TableDraft, is_complete
from tabularium.schema.fields.base import FieldType, Unresolved
from tabularium.schema.model import Field, PrimaryKey, Table

MAX_COMPUTED_DEPTH: Final = 5
"""How many computed fields may stand upon one another."""

FieldFinder = Callable[[str], Field | None]

PlanCondition = Callable[[Any, Table, FieldFinder, Collection[str]], tuple[object, Sequence[FieldError]]]
"""Plans filters of the file over a table, whose fields are found by name; the names help to say which was meant.

The query language stands above this layer, so it is handed in.
"""


class Resolver:
    """Resolves the fields of all tables, each once."""

    def __init__(self, tables: Mapping[str, TableDraft], *, are_all: bool, plan: PlanCondition) -> None:
        self._tables = tables
        self._are_all = are_all
        self.plan = plan
        self._resolved: set[tuple[str, str]] = set()
        self._trail: list[tuple[str, str]] = []

    def resolve_all(self, drafts: Sequence[TableDraft]) -> None:
        """Resolve every field and report what is wrong with its options. A field that fails loses its type."""
        for table in drafts:
            for name in table.fields:
                self.resolve(table, name)

    def resolve(self, table: TableDraft, name: str) -> FieldType | None:
        """Return the resolved type of a field, or `None` where it failed, which is reported."""
        draft = table.fields[name]
        place = (table.name, name)
        if place in self._resolved or draft.type is None:
            return draft.type
        self._trail.append(place)
        try:
            draft.type = draft.type.resolve(_FieldScope(self, table, name))
            for option, message in draft.type.unfit(required=draft.required):
                place_at(draft.place, option).error(message)
        except Unresolved as failure:
            draft.type = None
            _report(draft, failure)
        finally:
            self._trail.pop()
            self._resolved.add(place)
        return draft.type

    def find(self, reference: str, option: str) -> TableDraft:
        """Return a table by id or name."""
        target = self._tables.get(reference)
        if target is not None:
            return target
        if not self._are_all:
            raise Unresolved
        raise Unresolved((option, f"there is no table {quoted(reference)}{suggestion(reference, self._tables)}"))

    def field(self, table: TableDraft, name: str, option: str) -> FieldType:
        """Return the resolved type of a field that another one names."""
        if name not in table.fields:
            if not is_complete(table.place.child("fields")):
                raise Unresolved
            hint = suggestion(name, table.fields)
            raise Unresolved((option, f"the table {quoted(table.name)} has no field {quoted(name)}{hint}"))
        if (table.name, name) in self._trail:
            circle = [*self._trail[self._trail.index((table.name, name)) :], (table.name, name)]
            shown = " → ".join(".".join(step) for step in circle)
            raise Unresolved((option, f"fields depend on one another in a circle: {shown}"))
        found = self.resolve(table, name)
        if found is None:
            raise Unresolved
        return found


@dataclass(frozen=True, slots=True)
class _TableScope:
    """A table as the field being resolved sees it."""

    resolver: Resolver
    draft_table: TableDraft

    @property
    def name(self) -> str:
        return self.draft_table.name

    @property
    def database_name(self) -> str:
        return self.draft_table.database_name

    @property
    def key(self) -> PrimaryKey:
        return self.draft_table.key

    def field(self, name: str, option: str) -> FieldType:
        return self.resolver.field(self.draft_table, name, option)

    def draft(self, name: str) -> FieldType | None:
        found = self.draft_table.fields.get(name)
        return found.type if found else None

    def condition(self, filters: Any, option: str) -> object:
        table = Table(None, self.name, self.database_name, (), self.key)
        problems: list[tuple[str, str]] = []

        def find(name: str) -> Field | None:
            if name not in self.draft_table.fields:
                return None
            return Field(None, name, self.field(name, option))

        condition, errors = self.resolver.plan(filters, table, find, self.draft_table.fields)
        problems += [(f"{option}{error.field}", error.message) for error in errors]
        if problems:
            raise Unresolved(*problems)
        return condition


@dataclass(frozen=True, slots=True)
class _FieldScope:
    """The file as the field being resolved sees it."""

    resolver: Resolver
    draft_table: TableDraft
    field_name: str

    @property
    def own(self) -> _TableScope:
        return _TableScope(self.resolver, self.draft_table)

    def table(self, reference: str, option: str) -> _TableScope:
        return _TableScope(self.resolver, self.resolver.find(reference, option))


def _report(draft: FieldDraft, failure: Unresolved) -> None:
    for option, message in failure.problems:
        place_at(draft.place, option).error(message)


def place_at(place: Place, path: str) -> Place:
    """Follow a dotted path as far as the file has it."""
    for part in path.split("."):
        found = place.child(part)
        if found is None and part.isdigit():
            found = next(islice(place.items(), int(part), None), None)
        if found is None:
            return place
        place = found
    return place
