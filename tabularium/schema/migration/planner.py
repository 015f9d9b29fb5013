"""Compares a schema with what the database knows and plans the steps between them, without asking it anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial

from tabularium.db.dialect import Dialect
from tabularium.db.names import own_name
from tabularium.schema.migration.adopted_ids import Rekeying, moves_of_tables
from tabularium.schema.migration.conversion import former_type
from tabularium.schema.migration.ddl import Ddl
from tabularium.schema.migration.description import AppliedField, AppliedLink, AppliedTable, Description, describe_field
from tabularium.schema.migration.field_change import is_converted, is_discarded
from tabularium.schema.migration.hints import kept_notes, notes_of_change, rename_notes
from tabularium.schema.migration.matching import Matching, Pair, highest, match
from tabularium.schema.migration.places import Places
from tabularium.schema.migration.removal import drop_fields, drop_table
from tabularium.schema.migration.renames import Target, rename
from tabularium.schema.migration.steps import Phase, Plan, Step
from tabularium.schema.migration.table_change import TableChange
from tabularium.schema.model import Field, PrimaryKey, Schema, Table
from tabularium.schema.tables import ColumnLayout, TableLayout, table_layout

TablePair = Pair[Table, AppliedTable]
FieldMatching = Matching[Field, AppliedField]


def plan(schema: Schema, applied: Description, dialect: Dialect, now: str, *, destructive: bool = False) -> Plan:
    """Plan the way from `applied` to `schema`. `now` is the instant of the migration, as text.

    With `destructive` values may be lost, and what has left the file goes from the database too.
    """
    matching = _Matched(schema, applied)
    refusals = tuple(matching.refusals())
    if refusals:
        return Plan((), refusals, applied)
    renamed = rename(applied, dict(matching.targets(dialect)), dialect)
    planner = _Planner(schema, renamed.description, renamed.places, dialect, now, destructive=destructive)
    made = planner.plan(renamed.steps)
    notes = (*rename_notes(matching.tables, matching.fields), *([] if destructive else kept_notes(made.description)))
    changes = made.steps or tuple(notes_of_change(applied, made.description))
    return replace(made, steps=(*matching.adoptions(dialect), *changes), places=renamed.places, notes=notes)


class _Matched:
    """The file beside the database, as that is now."""

    def __init__(self, schema: Schema, applied: Description) -> None:
        self._schema = schema
        self._applied = applied
        self.tables = match(schema.tables, applied.tables, lambda name: f'the table "{name}"', applied.last_number)
        self.fields = {pair.configured.name: match_fields(pair) for pair in self.tables.pairs}

    def refusals(self) -> Iterator[str]:
        """Yield what cannot be done at all."""
        yield from self.tables.refusals
        for pair in self.tables.pairs:
            yield from self.fields[pair.configured.name].refusals
            if pair.applied is not None and pair.applied.layout.key != pair.configured.primary_key.kind:
                former, wanted = pair.applied.layout.key, pair.configured.primary_key.kind
                yield f'the primary key of the table "{pair.configured.name}" is {former}: it cannot become {wanted}'

    def adoptions(self, dialect: Dialect) -> Iterator[Step]:
        """Yield the steps that bring what is kept under former ids to those of the file: fields first, then tables."""
        moved: dict[str, str] = {}
        for pair in self.tables.pairs:
            if pair.applied is None:
                continue
            name, former = pair.configured.name, pair.applied.id
            fields = self.fields[name].pairs
            ids = {each.applied.id: each.id for each in fields if each.applied and each.applied.id != each.id}
            if ids:
                yield Step(Phase.RENAME, name, "adopt the ids of its fields", rekeying=Rekeying(former, ids))
            if former != pair.id:
                moved[former] = pair.id
        if moved:
            yield Step(Phase.RENAME, "", "adopt the ids of tables", tuple(moves_of_tables(moved, dialect)))

    def targets(self, dialect: Dialect) -> Iterator[tuple[str, Target]]:
        """Yield by former ids what tables and fields are called, and where they shall lie."""
        places = {pair.configured.database_name for pair in self.tables.pairs}
        for pair in self.tables.pairs:
            if pair.applied is not None:
                fields = dict(self._field_targets(pair, dialect))
                table = pair.configured
                creations = {
                    each.applied.id: each.configured.type.link_ddl(dialect)
                    for each in self.fields[table.name].pairs
                    if each.applied is not None
                }
                place = table.database_name
                yield pair.applied.id, Target(pair.id, pair.numbered, table.name, place, fields, creations)
        for each in self.tables.removed:
            place = each.layout.name
            if place in places:
                place = own_name("kept", each.id, place)
            fields = {field.id: self._with_kept_link(field) for field in each.fields}
            yield each.id, Target(each.id, each.numbered, each.name, place, fields, {})

    @cached_property
    def _links(self) -> frozenset[str]:
        """The names of the tables of links of the file."""
        links = (field.type.link_table for table in self._schema.tables for field in table.fields)
        return frozenset(link.name for link in links if link is not None)

    @cached_property
    def _link_owners(self) -> Mapping[str, tuple[str, str]]:
        """By the name of each table of links: the ids of the first table and field that have it."""
        owners: dict[str, tuple[str, str]] = {}
        for table in self._applied.tables:
            for field in table.fields:
                if field.link is not None:
                    owners.setdefault(field.link.name, (table.id, field.id))
        return owners

    @cached_property
    def _used_links(self) -> frozenset[str]:
        """The names of the present tables of links that fields of the file go on using."""
        matched = (pair.applied for matching in self.fields.values() for pair in matching.pairs)
        return frozenset(field.link.name for field in matched if field is not None and field.link is not None)

    def _with_kept_link(self, field: AppliedField) -> AppliedField:
        """Return a field that has left the file, its links out of the way of those of others."""
        if field.link is None:
            return field
        name = field.link.name
        if name in self._used_links:  # the other end has them
            return field.model_copy(update={"link": None})
        if name in self._links:
            name = own_name("kept", *self._link_owners[name], name)
        return field.model_copy(update={"link": AppliedLink(name=name, own=field.link.own)})

    def _field_targets(self, pair: TablePair, dialect: Dialect) -> Iterator[tuple[str, AppliedField]]:
        matching = self.fields[pair.configured.name]
        if pair.applied is None:
            return
        taken = {column for field in pair.configured.fields for column in field.type.column_names(field.name)}
        for each in matching.pairs:
            if each.applied is not None:
                columns = self._columns(each.applied, each.configured, dialect)
                taken |= set(columns)
                link = each.configured.type.link_table
                later = None if link is None else AppliedLink(name=link.name, own=link.own.column)
                update = {
                    "id": each.id,
                    "numbered": each.numbered,
                    "name": each.configured.name,
                    "columns": columns,
                    "link": (later or each.applied.link) if each.applied.link else None,
                }
                yield each.applied.id, each.applied.model_copy(update=update)
        for field in matching.removed:
            columns = tuple(own_name("kept", field.id, name) if name in taken else name for name in field.columns)
            yield field.id, self._with_kept_link(field.model_copy(update={"columns": columns}))

    def _columns(self, applied: AppliedField, configured: Field, dialect: Dialect) -> tuple[str, ...]:
        """Return the names of the columns that the former type would have under the name of now."""
        if configured.name == applied.name and applied.columns[:1] == (applied.name,):
            return applied.columns
        kind = former_type(applied, keys_of(self._applied))
        if kind is None and applied.type == configured.type.described_type:
            kind = configured.type
        if kind is not None and len(kind.column_names(configured.name)) == len(applied.columns):
            return kind.column_names(configured.name)
        return tuple(own_name("former", configured.name, str(number)) for number, _ in enumerate(applied.columns))


def match_fields(pair: TablePair) -> FieldMatching:
    """Match the fields of a table."""
    known, last = ((), 0) if pair.applied is None else (pair.applied.fields, pair.applied.last_number)
    table = pair.configured.name
    return match(pair.configured.fields, known, lambda name: f'the field "{name}" of the table "{table}"', last)


def keys_of(description: Description) -> dict[str, PrimaryKey]:
    """Return the keys of all tables by their ids."""
    return {table.id: PrimaryKey(table.layout.key) for table in description.tables}


class _Planner:
    """Plans what is left when everything has the name that it has in the file."""

    def __init__(
        self, schema: Schema, applied: Description, places: Places, dialect: Dialect, now: str, *, destructive: bool
    ) -> None:
        self._schema = schema
        self._applied = applied
        self._places = places
        self._dialect = dialect
        self._now = now
        self._destructive = destructive
        self._tables = match(schema.tables, applied.tables, str, applied.last_number)
        self._ids = {pair.configured.name: pair.id for pair in self._tables.pairs}
        self._fields = {pair.configured.name: match_fields(pair) for pair in self._tables.pairs}

    def plan(self, first: tuple[Step, ...]) -> Plan:
        """Return the plan; `first` are the steps that rename."""
        kept = () if self._destructive else tuple(map(_keep, self._tables.removed))
        last = max(self._applied.last_number, highest(each.id for each in self._destroyed()))
        description = Description(tables=(*map(self._describe, self._tables.pairs), *kept), last_number=last)
        steps = tuple(sorted([*first, *self._steps(description)], key=lambda step: step.phase))
        return Plan(
            steps=steps,
            refusals=(),
            description=_date(description, {step.table for step in steps}, self._now),
            table_ids=self._ids,
            field_ids={
                name: {pair.configured.name: pair.id for pair in matching.pairs}
                for name, matching in self._fields.items()
            },
        )

    # What will have been applied --------------------------------------------------------------------------------------

    def _describe(self, pair: TablePair) -> AppliedTable:
        """Describe a table with the fields of the file and the kept ones, whose columns stay where they are."""
        matching = self._fields[pair.configured.name]
        kept = tuple(each.model_copy(update={"kept": True, "required": False}) for each in matching.removed)
        fields = tuple(map(self._describe_field, matching.pairs))
        layout = table_layout(pair.configured, self._schema, self._dialect)
        if pair.applied is not None:
            gone = {column for each in matching.removed if self._destructive for column in each.columns}
            gone |= {column for each in matching.pairs for column in self._replaced(each)}
            layout = layout.model_copy(update={"columns": _merge_columns(pair.applied.layout, layout, gone)})
        dropped = highest(each.id for each in matching.removed) if self._destructive else 0
        return AppliedTable(
            id=pair.id,
            numbered=pair.numbered,
            name=pair.configured.name,
            fields=fields if self._destructive else (*fields, *kept),
            layout=layout,
            created_at=self._now if pair.applied is None else pair.applied.created_at,
            updated_at=self._now if pair.applied is None else pair.applied.updated_at,
            last_number=dropped if pair.applied is None else max(dropped, pair.applied.last_number),
        )

    def _describe_field(self, pair: Pair[Field, AppliedField]) -> AppliedField:
        reference = pair.configured.type.related_table
        target = None if reference is None else self._schema.find_table(reference)
        related = None if target is None else self._ids[target.name]
        return describe_field(
            pair.configured, self._dialect, field_id=pair.id, numbered=pair.numbered, related_table=related
        )

    def _replaced(self, pair: Pair[Field, AppliedField]) -> tuple[str, ...]:
        """Return the columns of a field that give way, since its values have another form now, or none."""
        former, field = pair.applied, self._describe_field(pair)
        if former is not None and (is_converted(former, field) or is_discarded(former, field)):
            return former.columns
        return ()

    # The steps --------------------------------------------------------------------------------------------------------

    def _steps(self, description: Description) -> Iterator[Step]:
        ddl = Ddl((each.layout for each in (*description.tables, *self._destroyed())), self._dialect)
        former = {each.id: each for each in self._applied.tables}
        existing = frozenset(each.layout.name for each in self._applied.tables)
        remade = partial(former_type, keys=keys_of(self._applied))
        for table in description.tables:
            before = former.get(table.id)
            configured = None if table.kept else self._schema.find_table(table.name)
            change = TableChange(
                before, table, configured, existing, ddl, self._dialect, self._now, self._places,
                self._destructive, remade,
            )  # fmt: skip
            yield from change.steps()
            yield from drop_fields(table, change.dropped, ddl, self._places, self._dialect)
        for table in self._destroyed():
            yield drop_table(table, ddl, self._places, self._dialect)

    def _destroyed(self) -> tuple[AppliedTable, ...]:
        return tuple(map(_keep, self._tables.removed)) if self._destructive else ()


def _keep(table: AppliedTable) -> AppliedTable:
    """Describe a table that has left the file: its rows stay, without indexes and foreign keys."""
    layout = table.layout.model_copy(update={"indexes": (), "foreign_keys": (), "checks": ()})
    return table.model_copy(update={"kept": True, "layout": layout})


def _merge_columns(former: TableLayout, wanted: TableLayout, gone: set[str]) -> tuple[ColumnLayout, ...]:
    """Put new columns behind those that stay, which is where the database puts them."""
    stay = tuple(column for column in former.columns if column.name not in gone)
    names = {column.name for column in stay}
    return (*stay, *(column for column in wanted.columns if column.name not in names))


def _date(description: Description, changed: set[str], now: str) -> Description:
    """Note the time of this migration on the tables that it changes."""
    tables = (
        each.model_copy(update={"updated_at": now}) if each.name in changed else each for each in description.tables
    )
    return description.model_copy(update={"tables": tuple(tables)})
