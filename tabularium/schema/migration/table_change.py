"""The steps from one table as it was applied to the same table as it shall be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from tabularium.db.database import Statement
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.migration.counts import Rows, without_value
from tabularium.schema.migration.ddl import Constraint, Ddl
from tabularium.schema.migration.description import AppliedField, AppliedTable
from tabularium.schema.migration.steps import Count, Phase, Step
from tabularium.schema.model import Field, Table
from tabularium.schema.tables import CheckLayout, ColumnLayout, ForeignKeyLayout, IndexLayout

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

    def steps(self) -> Iterator[Step]:
        """Yield the steps of this table; the planner puts those of all tables in the order of their phases."""
        if self.before is None:
            yield from self._creation()
            return
        steps = [*self._presence(), *self._drops(), *self._fields(), *self._constraints, *self._indexes()]
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
            yield from self._links(field)
        if self.dialect is not SQLITE:
            for key in layout.foreign_keys:
                if key.enforced:
                    yield self._step(Phase.CONSTRAIN, _adding(key), [self.ddl.add_constraint(layout, key)])

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
        by_name = {each.name: each for each in self._before.fields}
        for field in self.after.fields:
            former = by_name.get(field.name)
            configured = None if self.configured is None else self.configured.by_name.get(field.name)
            if configured is None or field.kept:
                if former is not None and not former.kept and field.kept:
                    yield self._step(Phase.RECORD, f'remove the field "{field.name}"; its values are kept')
            elif former is None:
                yield self._addition(field, configured)
                yield from self._links(configured)
                yield from self._numbers(configured)
                yield from self._requirement(field, configured, None)
            else:
                yield from self._changes(field, configured, former)

    def _addition(self, field: AppliedField, configured: Field) -> Step:
        columns = [column for column in self._added if column.name in field.columns]
        keys = {key.columns: key for key in self._inline_foreign_keys}
        sql = [self.ddl.add_column(self.after.layout, column, keys.get((column.name,))) for column in columns]
        return self._step(Phase.ADD_COLUMN, f'add the field "{configured.name}"', sql)

    def _numbers(self, field: Field) -> Iterator[Step]:
        """Give values to the rows that are there, where the type can."""
        sql = field.type.fill_sql(self.after.layout.name, field.name, self.dialect)
        if sql:
            count = Count(
                self._plain_rows.all(), f'records of "{self.after.name}" that get a number: {{count}}', refuses=False
            )
            yield self._step(Phase.FILL, f'number the records in the field "{field.name}"', sql, [count])

    def _links(self, field: Field) -> Iterator[Step]:
        """Create the table of links that a field needs, once all tables are there."""
        sql = field.type.link_ddl(self.dialect)
        if sql:
            yield self._step(Phase.INDEX, f'create the table of links of the field "{field.name}"', sql)

    def _changes(self, field: AppliedField, configured: Field, former: AppliedField) -> Iterator[Step]:
        name = field.name
        if former.kept:
            yield self._step(Phase.RECORD, f'bring back the field "{name}" with its values')
        yield from self._requirement(field, configured, former)
        gone = [choice for choice in former.choices if choice not in field.choices]
        if gone:
            text = f'records of "{self.after.name}" that hold a removed option of "{name}": {{count}}'
            count = Count(self._rows.with_value(field.columns[0], gone), text)
            yield self._step(Phase.RECORD, f'remove options of the field "{name}"', counts=[count])
        if set(field.choices) - set(former.choices):
            yield self._step(Phase.RECORD, f'add options to the field "{name}"')

    def _requirement(self, field: AppliedField, configured: Field, former: AppliedField | None) -> Iterator[Step]:
        """Require a value from now on: rows without one get the default, and without a default they refuse it."""
        if not field.required or not field.columns or (former is not None and former.required):
            return
        name = field.name
        if former is None:
            statement = self._plain_rows.all()
        else:
            statement = self._plain_rows.without_value(field.columns[0], configured.type)
        default = self._default(configured)
        if default is None:
            text = (
                f'records of "{self.after.name}" without a value of "{name}": {{count}}; '
                "give the field a default, which fills them"
            )
            yield self._step(Phase.RECORD, f'require the field "{name}"', counts=[Count(statement, text)])
            return
        informing = Count(
            statement, f'records of "{self.after.name}" that get the default of "{name}": {{count}}', refuses=False
        )
        summary = f'require the field "{name}" and fill it with its default'
        yield Step(Phase.FILL, self.after.name, summary, (self._fill(field, configured, default),), (informing,))

    def _fill(self, field: AppliedField, configured: Field, values: Sequence[Any]) -> Statement:
        quote, place = self.dialect.quote, self.dialect.placeholder
        sets = ", ".join(f"{quote(column)} = {place(number)}" for number, column in enumerate(field.columns, 1))
        where, binder = without_value(field.columns[0], configured.type, self.dialect, *values)
        return f"UPDATE {quote(self.after.layout.name)} SET {sets} WHERE {where}", tuple(binder.values)

    def _default(self, field: Field) -> Sequence[Any] | None:
        """Return the driver values of the default, one a column, or `None` without one."""
        if not field.has_default or field.default is None:
            return None
        return field.type.encode(field.type.default_value(field.default, self.now), self.dialect)

    # Constraints and indexes ------------------------------------------------------------------------------------------

    @cached_property
    def _constraints(self) -> Sequence[Step]:
        return list(self._constraint_steps())

    def _constraint_steps(self) -> Iterator[Step]:
        layout = self.after.layout
        keys = self._new(self._before.layout.foreign_keys, layout.foreign_keys)
        checks = self._new(self._before.layout.checks, layout.checks)
        counts = {key.name: self._key_count(key) for key in keys} | {
            each.name: self._check_count(each) for each in checks
        }
        later = [key for key in keys if key.enforced and key not in self._inline_foreign_keys]
        enforced: list[Constraint] = [*later, *checks]
        for key in keys:
            if key not in enforced:
                yield self._step(Phase.RECORD, _adding(key), counts=[counts[key.name]])
        if self.dialect is SQLITE:
            if enforced or self._gone_constraints():
                yield self._rebuild([counts[each.name] for each in enforced])
            return
        for constraint in enforced:
            sql = [self.ddl.add_constraint(layout, constraint)]
            yield self._step(Phase.CONSTRAIN, _adding(constraint), sql, [counts[constraint.name]])

    def _rebuild(self, counts: Sequence[Count]) -> Step:
        return self._step(
            Phase.CONSTRAIN, "rebuild the table with its constraints", self.ddl.rebuild(self.after.layout), counts
        )

    def _key_count(self, key: ForeignKeyLayout) -> Count:
        statement = self._rows.breaking_foreign_key(key, target_exists=key.table in self.existing)
        return Count(statement, f"records that point at nothing through {self._names(key.columns)}: {{count}}")

    def _check_count(self, check: CheckLayout) -> Count:
        return Count(
            self._rows.breaking_check(check),
            f'records of "{self.after.name}" that break the constraint "{check.name}": {{count}}',
        )

    def _indexes(self) -> Iterator[Step]:
        layout = self.after.layout
        is_rebuilt = self.dialect is SQLITE and any(step.phase is Phase.CONSTRAIN for step in self._constraints)
        for index in self._new(self._before.layout.indexes, layout.indexes):
            sql = [] if is_rebuilt else [self.ddl.create_index(layout, index)]
            kind = "unique index" if index.unique else "index"
            counts = [self._unique_count(index)] if index.unique else []
            yield self._step(Phase.INDEX, f'add the {kind} "{index.name}"', sql, counts)

    def _unique_count(self, index: IndexLayout) -> Count:
        return Count(
            self._rows.breaking_unique(index), f"records that share a value of {self._names(index.columns)}: {{count}}"
        )

    # Shared -----------------------------------------------------------------------------------------------------------

    @property
    def _before(self) -> AppliedTable:
        if self.before is None:
            raise RuntimeError("a new table has no former state")
        return self.before

    @cached_property
    def _added(self) -> Sequence[ColumnLayout]:
        names = {column.name for column in self._before.layout.columns}
        return [column for column in self.after.layout.columns if column.name not in names]

    @cached_property
    def _inline_foreign_keys(self) -> Sequence[ForeignKeyLayout]:
        """Return the keys that come with a new column; on PostgreSQL none, since their targets may come later."""
        if self.dialect is not SQLITE:
            return []
        added = {column.name for column in self._added}
        return [
            key
            for key in self.after.layout.foreign_keys
            if key.enforced and len(key.columns) == 1 and key.columns[0] in added
        ]

    @cached_property
    def _plain_rows(self) -> Rows:
        return Rows(self.after.layout, self.dialect)

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.after.layout, self.dialect, self._added, self._fills())

    def _fills(self) -> Mapping[str, Any]:
        fields = () if self.configured is None else self.configured.fields
        values: dict[str, Any] = {}
        for field in fields:
            default = self._default(field)
            if field.required and default is not None:
                values |= dict(zip(field.type.column_names(field.name), default, strict=True))
        return values

    def _names(self, columns: Iterable[str]) -> str:
        """Name the fields of these columns, as the file does."""
        names = {column: field.name for field in self.after.fields for column in field.columns}
        return ", ".join(f'"{names.get(column, column)}"' for column in columns) + f' of "{self.after.name}"'

    def _gone(self, before: Sequence[L], after: Sequence[L]) -> Sequence[L]:
        return [each for each in before if each not in after]

    def _new(self, before: Sequence[L], after: Sequence[L]) -> Sequence[L]:
        return [each for each in after if each not in before]


def _adding(constraint: Constraint) -> str:
    kind = "foreign key" if isinstance(constraint, ForeignKeyLayout) else "constraint"
    return f'add the {kind} "{constraint.name}"'
