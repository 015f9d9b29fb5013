"""The second pass over the file: every field is bound to the tables and fields that its options name.

A field may name others that are not bound yet; these come first. So links come before what is computed from them, in
whatever order the file has them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from tabularium.config.nodes import Place
from tabularium.config.problems import quoted, suggestion
from tabularium.errors import FieldError
from tabularium.schema.drafts import FieldDraft, TableDraft, is_complete
from tabularium.schema.fields.base import FieldType, Unresolved
from tabularium.schema.model import KEY_COLUMN, Field, FieldPlace, PrimaryKey, Table

MAX_COMPUTED_DEPTH: Final = 5
"""How many computed fields may stand upon one another."""

MAX_COMPUTED_SIZE: Final = 300
"""How many computed fields the SQL of one may hold. A formula computes each of its own row once, however often it and
others name it; what stands behind a link is computed anew for each field that follows the link."""

_DISPLAY_OPTION: Final = "displayField"

FieldFinder = Callable[[str], Field | None]

PlanCondition = Callable[[Any, Table, FieldFinder, Collection[str]], tuple[object, Sequence[FieldError]]]
"""Plans filters of the file over a table, whose fields are found by name; the names help to say which was meant.

The query language stands above this layer, so it is handed in.
"""


@dataclass(slots=True)
class _Computed:
    """What a computed field needs: computed fields of the same row, and of rows that a link leads to."""

    beside: set[FieldPlace] = field(default_factory=set)
    beyond: set[FieldPlace] = field(default_factory=set)
    depth: int = 1
    size: int = 1


class Resolver:
    """Resolves the fields of all tables, each once."""

    def __init__(self, tables: Mapping[str, TableDraft], *, are_all: bool, plan: PlanCondition) -> None:
        self.tables = tables
        self.are_all = are_all
        self.plan = plan
        self._resolved: set[FieldPlace] = set()
        self._trail: list[FieldPlace] = []
        self._computed: dict[FieldPlace, _Computed] = {}

    def resolve_all(self, drafts: Sequence[TableDraft]) -> None:
        """Resolve every field and report what is wrong with its options. A field that fails loses its type."""
        for table in drafts:
            for name in table.fields:
                self.resolve(table, name)

    def resolve(self, table: TableDraft, name: str) -> FieldType | None:
        """Return the resolved type of a field, or `None` where it failed, which is reported."""
        draft = table.fields[name]
        place = FieldPlace(table.name, name)
        if place in self._resolved or draft.type is None:
            return draft.type
        self._trail.append(place)
        if draft.type.is_computed:
            self._computed[place] = _Computed()
        try:
            draft.type = draft.type.resolve(_FieldScope(self, table, name))
            self._check_size(place)
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
        target = self.tables.get(reference)
        if target is not None:
            return target
        if not self.are_all:
            raise Unresolved
        raise Unresolved((option, f"there is no table {quoted(reference)}{suggestion(reference, self.tables)}"))

    def field(self, table: TableDraft, name: str, option: str, *, of_own_row: bool = False) -> FieldType:
        """Return the resolved type of a field that another one names, of the same record or of another."""
        if name not in table.fields:
            if not is_complete(table.place.child("fields")):
                raise Unresolved
            hint = suggestion(name, table.fields)
            raise Unresolved((option, f"the table {quoted(table.name)} has no field {quoted(name)}{hint}"))
        place = FieldPlace(table.name, name)
        if place in self._trail:
            circle = [*self._trail[self._trail.index(place) :], place]
            shown = " → ".join(f"{step.table}.{step.field}" for step in circle)
            raise Unresolved((option, f"fields depend on one another in a circle: {shown}"))
        found = self.resolve(table, name)
        if found is None:
            raise Unresolved
        self._note_computed(place, option, of_own_row)
        self.note_read(place, option)
        return found

    def note_read(self, needed: FieldPlace, option: str) -> None:
        """Note that the field being resolved reads another, or shows it in place of the records that it leads to."""
        if not self._trail:
            return
        by = self._trail[-1]
        draft = self.tables[by.table].fields[by.field]
        if option == _DISPLAY_OPTION:
            draft.shows = needed
        elif needed not in draft.reads:
            draft.reads = (*draft.reads, needed)

    def _note_computed(self, needed: FieldPlace, option: str, of_own_row: bool) -> None:
        """Note that the field being resolved needs another, if both are computed."""
        computed = self._computed.get(self._trail[-1]) if self._trail else None
        if computed is None or needed not in self._computed:
            return
        depth = self._computed[needed].depth
        if depth == MAX_COMPUTED_DEPTH:
            message = (
                f"the field {quoted(needed.field)} stands on {depth - 1} other computed fields already, "
                f"and at most {MAX_COMPUTED_DEPTH} may stand upon one another"
            )
            raise Unresolved((option, message))
        computed.depth = max(computed.depth, depth + 1)
        (computed.beside if of_own_row else computed.beyond).add(needed)

    def _check_size(self, place: FieldPlace) -> None:
        computed = self._computed.get(place)
        if computed is None:
            return
        computed.size = sum(
            1 + sum(self._computed[needed].size for needed in self._computed[each].beyond)
            for each in self._of_own_row(place)
        )
        if computed.size > MAX_COMPUTED_SIZE:
            message = f"leads to {computed.size} computed fields in all, and at most {MAX_COMPUTED_SIZE} are allowed"
            raise Unresolved(("", message))

    def _of_own_row(self, place: FieldPlace) -> set[FieldPlace]:
        """Return a computed field with all that it needs of the same row."""
        found: set[FieldPlace] = set()
        remaining = [place]
        while remaining:
            each = remaining.pop()
            if each not in found:
                found.add(each)
                remaining.extend(self._computed[each].beside)
        return found


@dataclass(frozen=True, slots=True)
class _TableScope:
    """A table as the field being resolved sees it."""

    resolver: Resolver
    draft_table: TableDraft
    is_own_row: bool = False

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
        return self.resolver.field(self.draft_table, name, option, of_own_row=self.is_own_row)

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
        return _TableScope(self.resolver, self.draft_table, is_own_row=True)

    def table(self, reference: str, option: str) -> _TableScope:
        found = self.resolver.find(reference, option)
        # Whoever follows a link learns that there are records behind it.
        self.resolver.note_read(FieldPlace(found.name, KEY_COLUMN), option)
        return _TableScope(self.resolver, found)


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
