"""The steps from one field as it was applied to the same field as it shall be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tabularium.db.database import Statement
from tabularium.db.dialect import SQLITE
from tabularium.schema.fields.base import FieldType, InvalidValue
from tabularium.schema.migration.choices import Choices
from tabularium.schema.migration.conversion import Rewrite, Scan, Verdict, judging
from tabularium.schema.migration.counts import without_value
from tabularium.schema.migration.description import AppliedField
from tabularium.schema.migration.link_change import LinkChange
from tabularium.schema.migration.steps import Count, Phase, Step
from tabularium.schema.model import Field

if TYPE_CHECKING:
    from tabularium.schema.migration.table_change import TableChange

_LINKS = frozenset({"relationship", "user"})
"""How the described types of links end."""


@dataclass(frozen=True)
class FieldChange:
    """One field of the file. `former` is `None` for a new one."""

    change: TableChange
    field: AppliedField
    configured: Field
    former: AppliedField | None

    def steps(self) -> Iterator[Step]:
        """Yield the steps in any order: each has its phase."""
        former = self.former
        if former is None:
            yield from self._creation()
            return
        if not _is_stored(former):
            if _is_stored(self.field):
                yield from self._creation()
            elif former.kept or former.type != self.field.type:
                yield self._step(Phase.RECORD, f'take up the field "{self._name}"')
            return
        if former.kept:
            yield self._step(Phase.RECORD, f'bring back the field "{self._name}" with its values')
        if is_converted(former, self.field):
            yield self._conversion(former)
            yield from self._requirement(former, is_converted=True)
        elif self._is_same_link(former):
            yield from LinkChange(self.change, self.field, self.configured, former).steps()
        elif is_discarded(former, self.field):
            yield from self._discard(former)
            yield from self._creation()
        else:
            yield from self._requirement(former)
            yield from self._options(former)
            yield from self._limits(former)

    def _is_same_link(self, former: AppliedField) -> bool:
        """Say whether a link to one record or user becomes one to many of the same kind, or the other way round."""
        is_other_way = bool(former.columns) == (self.field.link is not None) and is_discarded(former, self.field)
        kinds = {each.type.rpartition(" ")[2] for each in (former, self.field)}
        are_links = len(kinds) == 1 and kinds <= _LINKS
        return is_other_way and are_links and former.related_table == self.field.related_table

    @property
    def _name(self) -> str:
        return self.field.name

    @property
    def _table(self) -> str:
        return self.change.after.name

    def _step(self, phase: Phase, summary: str, sql: Iterable[str] = (), counts: Iterable[Count] = ()) -> Step:
        return Step(phase, self._table, summary, tuple((text, ()) for text in sql), tuple(counts))

    # A new field ------------------------------------------------------------------------------------------------------

    def _creation(self) -> Iterator[Step]:
        sql = self.change.column_additions(self.field)
        yield self._step(Phase.ADD_COLUMN, f'add the field "{self._name}"', sql)
        yield from link_steps(self.change, self.configured)
        yield from self._numbers()
        yield from self._requirement(None)

    def _numbers(self) -> Iterator[Step]:
        """Give values to the rows that are there, where the type can."""
        change = self.change
        sql = self.configured.type.fill_sql(change.after.layout.name, self._name, change.dialect)
        if sql:
            text = f'records of "{self._table}" that get a number: {{count}}'
            count = Count(change.plain_rows.all(), text, refuses=False)
            yield self._step(Phase.FILL, f'number the records in the field "{self._name}"', sql, [count])

    # Values of another form -------------------------------------------------------------------------------------------

    def _conversion(self, former: AppliedField) -> Step:
        """Write every value anew, into columns that take the place of the former ones afterwards."""
        change, layout = self.change, self.change.after.layout
        summary = f'convert the field "{self._name}" from {former.type} to {self.field.type}'
        kind = change.former_type(former)
        if kind is None:
            text = f'values of "{self._name}" whose former options are not known any more: {{count}}'
            counts = [Count(change.plain_rows.with_any_value(former.columns[0]), text)]
            return self._step(Phase.CONVERT, summary, counts=counts)
        places = change.new_columns(self.field)
        added = [c.model_copy(update={"name": places[c.name]}) for c in layout.columns if c.name in places]
        by_name = {column.name: column for column in added}
        title = f'values of "{self._name}" of "{self._table}" (records {{ids}})'
        hint = "" if change.destructive else "; --allow-destructive accepts that"
        scan = Scan(
            layout.name,
            self._name,
            kind,
            judging(kind, self.configured.type),
            losing=f"{{count}} {title} lose something{hint}",
            refusing=f"{{count}} {title} are no {self.field.type}",
            may_lose=change.destructive,
        )
        sql = tuple((change.ddl.add_column(layout, column, None), ()) for column in added)
        rewrite = Rewrite(scan, self.configured.type, tuple(by_name[places[name]] for name in self.field.columns))
        return Step(Phase.CONVERT, self._table, summary, sql, scan=scan, rewrite=rewrite)

    def _discard(self, former: AppliedField) -> Iterator[Step]:
        """Give up what a field stored that stores nothing of that kind any more."""
        change = self.change
        text = f'values of "{self._name}" of "{self._table}" that {self.field.type} cannot hold: {{count}}'
        counts = [
            Count(change.plain_rows.with_any_value(column), text, refuses=not change.destructive)
            for column in former.columns[:1]
        ]
        quote = change.dialect.quote
        sql = (
            [] if change.dialect is SQLITE else [change.ddl.drop_column(change.after.layout, c) for c in former.columns]
        )
        if former.link is not None:
            statement = f"SELECT count(*) FROM {quote(former.link.name)}"
            counts.append(Count((statement, ()), text, refuses=not change.destructive))
            sql.append(f"DROP TABLE {quote(former.link.name)}")
        summary = f'give up the values of the field "{self._name}", which becomes {self.field.type}'
        yield self._step(Phase.DROP, summary, sql, counts)

    # Rules on values --------------------------------------------------------------------------------------------------

    def _requirement(self, former: AppliedField | None, *, is_converted: bool = False) -> Iterator[Step]:
        """Require a value from now on: rows without one get the default, and without a default they refuse it."""
        if not self.field.required or not self.field.columns or (former is not None and former.required):
            return
        rows, name = self.change.plain_rows, self._name
        if former is None:
            statement = rows.all()
        elif is_converted:
            statement = rows.empty(former.columns[0])
        else:
            statement = rows.without_value(self.field.columns[0], self.configured.type)
        default = self.change.default(self.configured)
        if default is None:
            hint = "give the field a default, which fills them"
            text = f'records of "{self._table}" without a value of "{name}": {{count}}; {hint}'
            yield self._step(Phase.RECORD, f'require the field "{name}"', counts=[Count(statement, text)])
            return
        text = f'records of "{self._table}" that get the default of "{name}": {{count}}'
        summary = f'require the field "{name}" and fill it with its default'
        fill, informing = self._fill(default), Count(statement, text, refuses=False)
        yield Step(Phase.FILL, self._table, summary, (fill,), (informing,))

    def _fill(self, values: Sequence[Any]) -> Statement:
        dialect = self.change.dialect
        sets = ", ".join(
            f"{dialect.quote(column)} = {dialect.placeholder(number)}"
            for number, column in enumerate(self.field.columns, 1)
        )
        where, binder = without_value(self.field.columns[0], self.configured.type, dialect, *values)
        return f"UPDATE {dialect.quote(self.change.after.layout.name)} SET {sets} WHERE {where}", tuple(binder.values)

    def _options(self, former: AppliedField) -> Iterator[Step]:
        if former.choices != self.field.choices:
            yield from Choices(self.change, self.field, self.configured, former).steps()

    def _limits(self, former: AppliedField) -> Iterator[Step]:
        """Count the values that lie outside of new limits. They stay until they are written next."""
        if not former.limits or former.limits == self.field.limits or self.field.choices:
            return
        kind = self.configured.type
        if kind.is_read_only:
            return

        def judge(value: Any) -> Verdict:
            return "kept" if _fits(value, kind) else "lost"

        text = f'{{count}} values of "{self._name}" of "{self._table}" lie outside of its limits now (records {{ids}})'
        scan = Scan(self.change.after.layout.name, self._name, kind, judge, losing=text, refusing="", may_lose=True)
        summary = f'change the limits of the field "{self._name}", which bind the next write'
        yield Step(Phase.RECORD, self._table, summary, scan=scan)


def _fits(value: Any, kind: FieldType) -> bool:
    try:
        kind.parse(value, "import")
    except InvalidValue:
        return False
    return True


def _is_stored(field: AppliedField) -> bool:
    """Say whether a field has a place of its own in the database."""
    return bool(field.columns) or field.link is not None


def is_converted(former: AppliedField, field: AppliedField) -> bool:
    """Say whether the values of a field must be written anew."""
    if not former.columns or not field.columns:
        return False
    return any(getattr(former, name) != getattr(field, name) for name in ("type", "storage", "related_table"))


def is_discarded(former: AppliedField, field: AppliedField) -> bool:
    """Say whether what a field stored has no place any more."""
    loses_columns = bool(former.columns) and not field.columns
    return loses_columns or (former.link is not None and field.link is None)


def link_steps(change: TableChange, field: Field) -> Iterator[Step]:
    """Create the table of links that a field needs, once all tables are there."""
    sql = field.type.link_ddl(change.dialect)
    if sql:
        summary = f'create the table of links of the field "{field.name}"'
        yield Step(Phase.INDEX, change.after.name, summary, tuple((text, ()) for text in sql))
