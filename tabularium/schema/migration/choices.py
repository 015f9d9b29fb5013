"""Options that go, or take the place of others, in the records that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tabularium.db.database import Statement
from tabularium.db.dialect import SQLITE
from tabularium.schema.migration.counts import Binder, holds_item
from tabularium.schema.migration.description import AppliedField
from tabularium.schema.migration.steps import Count, Phase, Step
from tabularium.schema.model import Field

if TYPE_CHECKING:
    from tabularium.schema.migration.table_change import TableChange


@dataclass(frozen=True)
class Choices:
    """A field whose list of options has changed."""

    change: TableChange
    field: AppliedField
    configured: Field
    former: AppliedField

    def steps(self) -> Iterator[Step]:
        """Yield the steps for options that are renamed, that go, and that come."""
        name = self.field.name
        if self._renamed:
            yield self._rewriting(
                f'rename options of the field "{name}"', tuple(self._renamed), "a renamed", refuses=False
            )
        if self._gone:
            yield from self._removal()
        if set(self.field.choices) - set(self.former.choices) - set(self._renamed.values()):
            yield self._step(Phase.RECORD, f'add options to the field "{name}"')

    @cached_property
    def _renamed(self) -> dict[str, str]:
        renamed = self.configured.type.renamed_values
        return {former: value for former, value in renamed.items() if former in self.former.choices}

    @cached_property
    def _gone(self) -> tuple[str, ...]:
        stay = {*self.field.choices, *self._renamed}
        return tuple(choice for choice in self.former.choices if choice not in stay)

    @property
    def _is_list(self) -> bool:
        return "A" in self.configured.type.groups

    def _removal(self) -> Iterator[Step]:
        summary = f'remove options of the field "{self.field.name}"'
        # A required field cannot be emptied, but by its default.
        is_possible = not self.field.required or (not self._is_list and self._default is not None)
        if self.change.destructive and is_possible:
            yield self._rewriting(summary, self._gone, "a removed", refuses=False)
            return
        hint = "" if not is_possible else "; say renamedFrom at another option, or empty them with --allow-destructive"
        yield self._step(Phase.RECORD, summary, [self._count(self._gone, "a removed", hint)])

    @property
    def _default(self) -> Any:
        values = self.change.default(self.configured)
        return None if values is None else values[0]

    def _rewriting(self, summary: str, values: Sequence[str], kind: str, *, refuses: bool) -> Step:
        count = self._count(values, kind, "", refuses=refuses)
        statement = self._list_statement() if self._is_list else self._statement(values)
        return Step(Phase.FILL, self.change.after.name, summary, (statement,), (count,))

    def _count(self, values: Sequence[str], kind: str, hint: str, *, refuses: bool = True) -> Count:
        rows, column = self.change.plain_rows, self.field.columns[0]
        statement = rows.with_item(column, values) if self._is_list else rows.with_value(column, values)
        text = f'records of "{self.change.after.name}" that hold {kind} option of "{self.field.name}": {{count}}{hint}'
        return Count(statement, text, refuses=refuses)

    def _step(self, phase: Phase, summary: str, counts: Sequence[Count] = ()) -> Step:
        return Step(phase, self.change.after.name, summary, counts=tuple(counts))

    def _statement(self, values: Sequence[str]) -> Statement:
        dialect = self.change.dialect
        binder, column = Binder(dialect), dialect.quote(self.field.columns[0])
        # A removed option leaves the default of a required field, and else nothing.
        after = {value: self._renamed.get(value, self._default if self.field.required else None) for value in values}
        cases = " ".join(f"WHEN {binder.bind(value)} THEN {self._text(binder, new)}" for value, new in after.items())
        listed = ", ".join(binder.bind(value) for value in values)
        table = dialect.quote(self.change.after.layout.name)
        return f"UPDATE {table} SET {column} = CASE {column} {cases} END WHERE {column} IN ({listed})", binder.values

    def _text(self, binder: Binder, value: str | None) -> str:
        return "NULL" if value is None else f"CAST({binder.bind(value)} AS text)"

    def _list_statement(self) -> Statement:
        """Write the update of lists: renamed items in the place of the former ones, each once, and without the gone."""
        dialect = self.change.dialect
        binder, column = Binder(dialect), dialect.quote(self.field.columns[0])
        is_on_sqlite = dialect is SQLITE
        cases = " ".join(
            f"WHEN {binder.bind(former)} THEN {self._text(binder, value)}" for former, value in self._renamed.items()
        )
        item = f"CASE item {cases} ELSE item END" if cases else "item"
        gone = ", ".join(binder.bind(value) for value in self._gone) if self.change.destructive else ""
        where = f" WHERE item NOT IN ({gone})" if gone else ""
        source = (
            f"SELECT value AS item, key AS place FROM json_each({column})"
            if is_on_sqlite
            else f"SELECT item, place FROM unnest({column}) WITH ORDINALITY AS _u (item, place)"
        )
        each = f"SELECT {item} AS item, place FROM ({source}) AS _items{where}"
        once = f"SELECT item, min(place) AS place FROM ({each}) AS _each GROUP BY item"
        made = (
            f"(SELECT json_group_array(item) FROM (SELECT item FROM ({once}) ORDER BY place))"
            if is_on_sqlite
            else f"(SELECT coalesce(array_agg(item ORDER BY place), '{{}}') FROM ({once}) AS _once)"
        )
        held = holds_item(column, [*self._renamed, *(self._gone if gone else ())], binder, dialect)
        return (
            f"UPDATE {dialect.quote(self.change.after.layout.name)} SET {column} = {made} WHERE {held}",
            binder.values,
        )
