"""Compares a schema with what the database knows and plans the steps between them, without asking it anything."""

from __future__ import annotations

from collections.abc import Iterator

from tabularium.db.dialect import Dialect
from tabularium.schema.migration.ddl import Ddl
from tabularium.schema.migration.description import AppliedField, AppliedTable, Description, describe_field
from tabularium.schema.migration.matching import Matching, Pair, match
from tabularium.schema.migration.steps import Plan, Step
from tabularium.schema.migration.table_change import TableChange
from tabularium.schema.model import Field, Schema, Table
from tabularium.schema.tables import ColumnLayout, TableLayout, table_layout

TablePair = Pair[Table, AppliedTable]
FieldMatching = Matching[Field, AppliedField]


def plan(schema: Schema, applied: Description, dialect: Dialect, now: str) -> Plan:
    """Plan the way from `applied` to `schema`. `now` is the instant of the migration, as text."""
    return _Planner(schema, applied, dialect, now).plan()


class _Planner:
    def __init__(self, schema: Schema, applied: Description, dialect: Dialect, now: str) -> None:
        self._schema = schema
        self._applied = applied
        self._dialect = dialect
        self._now = now
        self._tables = match(schema.tables, applied.tables, lambda name: f'the table "{name}"')
        self._ids = {pair.configured.name: pair.id for pair in self._tables.pairs}
        self._fields = {pair.configured.name: self._match_fields(pair) for pair in self._tables.pairs}

    def plan(self) -> Plan:
        refusals = tuple(self._refusals())
        description = Description(tables=(*map(self._describe, self._tables.pairs), *map(_keep, self._tables.removed)))
        if refusals:
            return Plan((), refusals, self._applied)
        steps = tuple(sorted(self._steps(description), key=lambda step: step.phase))
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

    def _match_fields(self, pair: TablePair) -> FieldMatching:
        known = () if pair.applied is None else pair.applied.fields
        table = pair.configured.name
        return match(pair.configured.fields, known, lambda name: f'the field "{name}" of the table "{table}"')

    # What this version cannot do --------------------------------------------------------------------------------------

    def _refusals(self) -> Iterator[str]:
        yield from self._tables.refusals
        yield from self._name_clashes()
        for pair in self._tables.pairs:
            matching = self._fields[pair.configured.name]
            yield from matching.refusals
            yield from self._key_changes(pair)
            for field_pair in matching.pairs:
                yield from self._type_changes(pair.configured, field_pair)

    def _name_clashes(self) -> Iterator[str]:
        """A table that was removed keeps its place in the database; another one cannot have it."""
        kept = {each.layout.name: each for each in self._tables.removed}
        for pair in self._tables.pairs:
            other = kept.get(pair.configured.database_name)
            if other is not None:
                yield (
                    f'the table "{pair.configured.name}" would lie where the values of "{other.name}" (id {other.id}), '
                    "which was removed from the file, are kept: this version cannot rename or drop; choose another name"
                )

    def _key_changes(self, pair: TablePair) -> Iterator[str]:
        if pair.applied is None:
            return
        former, wanted = pair.applied.layout.key, pair.configured.primary_key.kind
        if former != wanted:
            yield f'the primary key of the table "{pair.configured.name}" is {former}: it cannot become {wanted}'

    def _type_changes(self, table: Table, pair: Pair[Field, AppliedField]) -> Iterator[str]:
        if pair.applied is None:
            return
        wanted = self._describe_field(pair)
        title = f'the field "{pair.configured.name}" of the table "{table.name}"'
        if wanted.type != pair.applied.type:
            yield f"{title} is {pair.applied.type}: this version cannot convert it to {wanted.type}"
        elif wanted.related_table != self._present_id(pair.applied.related_table):
            yield f"{title} points at another table than before: this version cannot convert it"
        elif wanted.storage != pair.applied.storage:
            yield f"{title} stores its values in another form than before: this version cannot convert them"

    def _present_id(self, former: str | None) -> str | None:
        """Return the id of a table of the database: the file may have given one that had only a number."""
        for pair in self._tables.pairs:
            if pair.applied is not None and pair.applied.id == former:
                return pair.id
        return former

    # What will have been applied --------------------------------------------------------------------------------------

    def _describe(self, pair: TablePair) -> AppliedTable:
        """Describe a table with the fields of the file and the kept ones, whose columns stay where they are."""
        matching = self._fields[pair.configured.name]
        kept = tuple(each.model_copy(update={"kept": True, "required": False}) for each in matching.removed)
        fields = (*map(self._describe_field, matching.pairs), *kept)
        layout = table_layout(pair.configured, self._schema, self._dialect)
        if pair.applied is not None:
            layout = layout.model_copy(update={"columns": _merge_columns(pair.applied.layout, layout)})
        created = self._now if pair.applied is None else pair.applied.created_at
        updated = self._now if pair.applied is None else pair.applied.updated_at
        return AppliedTable(
            id=pair.id,
            numbered=pair.numbered,
            name=pair.configured.name,
            fields=fields,
            layout=layout,
            created_at=created,
            updated_at=updated,
        )

    def _describe_field(self, pair: Pair[Field, AppliedField]) -> AppliedField:
        reference = pair.configured.type.related_table
        target = None if reference is None else self._schema.find_table(reference)
        related = None if target is None else self._ids[target.name]
        return describe_field(
            pair.configured, self._dialect, field_id=pair.id, numbered=pair.numbered, related_table=related
        )

    # The steps --------------------------------------------------------------------------------------------------------

    def _steps(self, description: Description) -> Iterator[Step]:
        ddl = Ddl((each.layout for each in description.tables), self._dialect)
        # Names are enough here: whatever has changed its name has been refused before.
        former = {each.name: each for each in self._applied.tables}
        existing = frozenset(each.layout.name for each in self._applied.tables)
        for table in description.tables:
            configured = None if table.kept else self._schema.find_table(table.name)
            change = TableChange(former.get(table.name), table, configured, existing, ddl, self._dialect, self._now)
            yield from change.steps()


def _keep(table: AppliedTable) -> AppliedTable:
    """Describe a table that has left the file: its rows stay, without indexes and foreign keys."""
    layout = table.layout.model_copy(update={"indexes": (), "foreign_keys": (), "checks": ()})
    return table.model_copy(update={"kept": True, "layout": layout})


def _merge_columns(former: TableLayout, wanted: TableLayout) -> tuple[ColumnLayout, ...]:
    """Put new columns behind those that are there, which is where the database puts them."""
    names = {column.name for column in former.columns}
    return (*former.columns, *(column for column in wanted.columns if column.name not in names))


def _date(description: Description, changed: set[str], now: str) -> Description:
    """Note the time of this migration on the tables that it changes."""
    tables = (
        each.model_copy(update={"updated_at": now}) if each.name in changed else each for each in description.tables
    )
    return Description(tables=tuple(tables))
