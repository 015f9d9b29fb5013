"""The steps from one table as it was applied to the same table as it shall be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import own_name
from tabularium.schema.fields.base import FieldType
from tabularium.schema.migration.counts import Rows
from tabularium.schema.migration.ddl import Constraint, Ddl, adding
from tabularium.schema.migration.description import AppliedField, AppliedTable
from tabularium.schema.migration.field_change import FieldChange, is_converted, is_discarded, link_steps
from tabularium.schema.migration.places import Places
from tabularium.schema.migration.server_columns import add_server_columns
from tabularium.schema.migration.steps import Count, Phase, Step
from tabularium.schema.migration.user_keys import empty_gone_users
from tabularium.schema.model import Field, Table
from tabularium.schema.tables import CheckLayout, ColumnLayout, ForeignKeyLayout, IndexLayout, TableLayout

L = TypeVar("L", IndexLayout, ForeignKeyLayout, CheckLayout)


@dataclass(frozen=True)
class TableChange:
    """One table of the description. `before` is `None` for a new one, `configured` for one that has left the file."""

    before: AppliedTable | None
    after: AppliedTable
    configured: Table | None
    existing: frozenset[str]
    """The database names of the tables that are there already."""
    ddl: Ddl
    dialect: Dialect
    now: str
    places: Places
    destructive: bool
    """Whether values may be lost."""
    former_type: Callable[[AppliedField], FieldType | None]
    """Makes the type again that a field had."""

    def steps(self) -> Iterator[Step]:
        """Yield the steps of this table; the planner puts those of all tables in the order of their phases."""
        if self.before is None:
            yield from self._creation()
            return
        steps = [*self._presence(), *self._drops(), *add_server_columns(self), *self._fields()]
        steps += [*self._constraints, *self._indexes()]
        if not steps and self.before != self.after:
            steps = [self._step(Phase.RECORD, "note what has changed in the file")]
        yield from steps

    def _presence(self) -> Iterator[Step]:
        if self.after.kept and not self._before.kept:
            yield self._step(Phase.RECORD, "remove the table; its rows are kept")
        if self._before.kept and not self.after.kept:
            yield self._step(Phase.RECORD, "bring back the table with its rows")

    def _step(self, phase: Phase, summary: str, sql: Iterable[str] = (), counts: Iterable[Count] = ()) -> Step:
        return Step(phase, self.after.name, summary, tuple((text, ()) for text in sql), tuple(counts))

    # A new table ------------------------------------------------------------------------------------------------------

    def _creation(self) -> Iterator[Step]:
        layout = self.after.layout
        yield self._step(Phase.CREATE, "create the table", self.ddl.create_table(layout))
        for field in () if self.configured is None else self.configured.fields:
            yield from link_steps(self, field)
        if self.dialect is not SQLITE:
            for key in layout.foreign_keys:
                if key.enforced:
                    yield self._step(Phase.CONSTRAIN, adding(key), [self.ddl.add_constraint(layout, key)])

    # What goes --------------------------------------------------------------------------------------------------------

    def _drops(self) -> Iterator[Step]:
        for index in self._gone(self._before.layout.indexes, self.after.layout.indexes):
            yield self._step(Phase.DROP, f'drop the index "{index.name}"', [self.ddl.drop_index(index)])
        if self.dialect is SQLITE:
            return  # the table is rebuilt without them
        for constraint in self._gone_constraints():
            sql = [self.ddl.drop_constraint(self.after.layout, constraint)]
            yield self._step(Phase.DROP, f'drop the constraint "{constraint.name}"', sql)

    def _gone_constraints(self) -> Sequence[Constraint]:
        before, after = self._before.layout, self.after.layout
        keys = self._gone(before.foreign_keys, after.foreign_keys)
        return [*(key for key in keys if key.enforced), *self._gone(before.checks, after.checks)]

    # Fields -----------------------------------------------------------------------------------------------------------

    def _fields(self) -> Iterator[Step]:
        for field in self.after.fields:
            former = self._former.get(field.id)
            configured = None if self.configured is None else self.configured.by_name.get(field.name)
            if configured is not None and not field.kept:
                yield from FieldChange(self, field, configured, former).steps()
            elif field.kept and former is not None and not former.kept:
                yield self._step(Phase.RECORD, f'remove the field "{field.name}"; its values are kept')
        if self._converted:
            yield self._step(Phase.CONVERT, "put the converted values in their place", self._exchange())

    @cached_property
    def _former(self) -> Mapping[str, AppliedField]:
        return {each.id: each for each in self._before.fields}

    @property
    def dropped(self) -> Sequence[AppliedField]:
        """The fields that go with their values."""
        ids = {each.id for each in self.after.fields}
        return () if self.before is None else [each for each in self.before.fields if each.id not in ids]

    @cached_property
    def _converted(self) -> Sequence[tuple[AppliedField, AppliedField]]:
        """Return the fields whose values are written anew, before and after."""
        pairs = [(self._former[each.id], each) for each in self.after.fields if each.id in self._former]
        return [(former, each) for former, each in pairs if not each.kept and is_converted(former, each)]

    @cached_property
    def _converted_columns(self) -> frozenset[str]:
        return frozenset(column for pair in self._converted for field in pair for column in field.columns)

    def new_columns(self, field: AppliedField) -> dict[str, str]:
        """Return the columns that take converted values while the former ones are still there, by the later names."""
        return {column: own_name("new", column) for column in field.columns}

    def _exchange(self) -> Iterator[str]:
        layout = self.after.layout
        columns = {name: place for _, field in self._converted for name, place in self.new_columns(field).items()}
        if self.dialect is SQLITE:
            yield from self.ddl.rebuild(_bare(layout), columns)
            return
        for former, _ in self._converted:
            yield from (self.ddl.drop_column(layout, column) for column in former.columns)
        yield from (self.ddl.rename_column(layout, place, column) for column, place in columns.items())

    def column_additions(self, field: AppliedField) -> list[str]:
        """Write the SQL that adds the columns of a field, on SQLite with their foreign keys."""
        keys = {key.columns: key for key in self.inline_foreign_keys}
        columns = [column for column in self.added if column.name in field.columns]
        return [self.ddl.add_column(self.after.layout, column, keys.get((column.name,))) for column in columns]

    def default(self, field: Field) -> Sequence[Any] | None:
        """Return the driver values of the default, one a column, or `None` without one."""
        if not field.has_default or field.default is None:
            return None
        value = field.type.default_value(field.default, self.now)
        return None if value is None else field.type.encode(value, self.dialect)

    # Constraints and indexes ------------------------------------------------------------------------------------------

    @cached_property
    def _constraints(self) -> Sequence[Step]:
        return list(self._constraint_steps())

    def _constraint_steps(self) -> Iterator[Step]:
        layout = self.after.layout
        keys = self._new(self._base.foreign_keys, layout.foreign_keys)
        checks = self._new(self._base.checks, layout.checks)
        counts = {key.name: self._key_counts(key) for key in keys} | {
            each.name: self._check_counts(each) for each in checks
        }
        later = [key for key in keys if key.enforced and key not in self.inline_foreign_keys]
        enforced: list[Constraint] = [*later, *checks]
        added = {column.name for column in self.added}
        yield from empty_gone_users(self, [k for k in keys if k.columns[0] not in added and not self._touches(k)])
        for key in keys:
            if key not in enforced:
                yield self._step(Phase.RECORD, adding(key), counts=counts[key.name])
        if self.dialect is SQLITE:
            if enforced or self._must_rebuild:
                yield self._rebuild([count for each in enforced for count in counts[each.name]])
            return
        for constraint in enforced:
            sql = [self.ddl.add_constraint(layout, constraint)]
            yield self._step(Phase.CONSTRAIN, adding(constraint), sql, counts[constraint.name])

    @property
    def _must_rebuild(self) -> bool:
        """Whether something goes that SQLite cannot take away from a table. A conversion has made it anew already."""
        if self._converted:
            return False
        pairs = ((self._former[each.id], each) for each in self.after.fields if each.id in self._former)
        is_smaller = any(before.columns and is_discarded(before, after) for before, after in pairs)
        return is_smaller or any(each.columns for each in self.dropped) or bool(self._gone_constraints())

    @cached_property
    def _base(self) -> TableLayout:
        """Return the layout once everything has gone that must go."""
        before = self._before.layout
        if not self._converted:
            return before
        if self.dialect is SQLITE:
            return _bare(before)
        return before.model_copy(
            update={
                "indexes": tuple(each for each in before.indexes if not self._touches(each)),
                "foreign_keys": tuple(each for each in before.foreign_keys if not self._touches(each)),
                "checks": tuple(each for each in before.checks if not self._touches(each)),
            }
        )

    def _touches(self, each: IndexLayout | ForeignKeyLayout | CheckLayout) -> bool:
        """Say whether it rests on a column whose values are converted."""
        columns = () if isinstance(each, CheckLayout) else each.columns
        sql = each.sql if isinstance(each, CheckLayout) else (each.where or "") if isinstance(each, IndexLayout) else ""
        return any(column in columns or f'"{column}"' in sql for column in self._converted_columns)

    def _rebuild(self, counts: Sequence[Count]) -> Step:
        return self._step(
            Phase.CONSTRAIN, "rebuild the table with its constraints", self.ddl.rebuild(self.after.layout), counts
        )

    # What rests on converted values cannot be counted before; the database refuses it then.

    def _key_counts(self, key: ForeignKeyLayout) -> Sequence[Count]:
        if key.is_of_users or self._touches(key):
            return []
        statement = self._rows.breaking_foreign_key(key, target_exists=key.table in self.existing)
        return [Count(statement, f"records that point at nothing through {self._names(key.columns)}: {{count}}")]

    def _check_counts(self, check: CheckLayout) -> Sequence[Count]:
        text = f'records of "{self.after.name}" that break the constraint "{check.name}": {{count}}'
        return [] if self._touches(check) else [Count(self._rows.breaking_check(check), text)]

    def _unique_counts(self, index: IndexLayout) -> Sequence[Count]:
        if not index.unique or self._touches(index):
            return []
        text = f"records that share a value of {self._names(index.columns)}: {{count}}"
        return [Count(self._rows.breaking_unique(index), text)]

    def _indexes(self) -> Iterator[Step]:
        layout = self.after.layout
        is_rebuilt = self.dialect is SQLITE and any(step.phase is Phase.CONSTRAIN for step in self._constraints)
        for index in self._new(self._base.indexes, layout.indexes):
            sql = [] if is_rebuilt else [self.ddl.create_index(layout, index)]
            kind = "unique index" if index.unique else "index"
            yield self._step(Phase.INDEX, f'add the {kind} "{index.name}"', sql, self._unique_counts(index))

    # Shared -----------------------------------------------------------------------------------------------------------

    @property
    def _before(self) -> AppliedTable:
        if self.before is None:
            raise RuntimeError("a new table has no former state")
        return self.before

    @cached_property
    def added(self) -> Sequence[ColumnLayout]:
        """The columns that come to the table, but for those of converted fields."""
        names = {column.name for column in self._before.layout.columns} | self._converted_columns
        return [column for column in self.after.layout.columns if column.name not in names]

    @cached_property
    def inline_foreign_keys(self) -> Sequence[ForeignKeyLayout]:
        """The keys that come with a new column; on PostgreSQL none, since their targets may come later."""
        if self.dialect is not SQLITE or self._converted:
            return []
        added = {column.name for column in self.added}
        return [
            key
            for key in self.after.layout.foreign_keys
            if key.enforced and len(key.columns) == 1 and key.columns[0] in added
        ]

    @cached_property
    def plain_rows(self) -> Rows:
        """The rows as they are."""
        return Rows(self.after.layout, self.dialect, places=self.places)

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.after.layout, self.dialect, self.added, self._fills(), self.places)

    def _fills(self) -> Mapping[str, Any]:
        fields = () if self.configured is None else self.configured.fields
        values: dict[str, Any] = {}
        for field in fields:
            default = self.default(field)
            if field.required and default is not None:
                values |= dict(zip(field.type.column_names(field.name), default, strict=True))
        return values

    def _names(self, columns: Iterable[str]) -> str:
        """Name the fields of these columns, as the file does."""
        names = {column: field.name for field in self.after.fields for column in field.columns}
        return ", ".join(f'"{names.get(column, column)}"' for column in columns) + f' of "{self.after.name}"'

    def _gone(self, before: Sequence[L], after: Sequence[L]) -> Sequence[L]:
        return [each for each in before if each not in after or self._touches(each)]

    def _new(self, before: Sequence[L], after: Sequence[L]) -> Sequence[L]:
        return [each for each in after if each not in before]


def _bare(layout: TableLayout) -> TableLayout:
    return layout.model_copy(update={"indexes": (), "foreign_keys": (), "checks": ()})
