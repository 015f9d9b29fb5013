"""What only changes its name or its place: tables, columns, link tables, foreign keys and counters.

The description is brought to the new names first, so that all other steps find everything under the name it has in the
file. Questions are asked before anything is done; `Places` tells them where the rows still are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tabularium.db.counters import counter_name
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import own_name, primary_key_name
from tabularium.schema.migration.description import AppliedField, AppliedTable, Description
from tabularium.schema.migration.link_tables import LinkMove, move_links
from tabularium.schema.migration.places import Names, Places, in_order
from tabularium.schema.migration.steps import Phase, Step
from tabularium.schema.tables import ForeignKeyLayout, TableLayout

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")


@dataclass(frozen=True, slots=True)
class Target:
    """What an applied table shall be called and where it shall lie; fields by their former id."""

    id: str
    numbered: bool
    name: str
    place: str
    fields: Mapping[str, AppliedField]
    link_ddl: Mapping[str, Sequence[str]]
    """What creates the tables of links of fields."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The description under the new names, the steps that make the database so, and where everything is before."""

    description: Description
    steps: tuple[Step, ...]
    places: Places


def rename(applied: Description, targets: Mapping[str, Target], dialect: Dialect) -> Renamed:
    """Bring a description to the names of `targets`, which are by the ids that tables have in it."""
    moves = [_TableMove(table, targets[table.id], dialect) for table in applied.tables]
    tables = {move.before.layout.name: move for move in moves}
    ids = {table.id: targets[table.id].id for table in applied.tables}
    after = tuple(move.after(tables, ids) for move in moves)
    places = {
        move.target.place: (move.before.layout.name, {c.name: move.columns[c.name] for c in move.before.layout.columns})
        for move in moves
        if not move.is_still
    }
    steps = (
        *_table_steps(moves, dialect),
        *(step for move in moves for step in move.steps()),
        *_counter_steps(moves),
        *move_links([link for move in moves for link in move.links()], dialect),
    )
    return Renamed(applied.model_copy(update={"tables": after}), steps, Places(places))


class _TableMove:
    def __init__(self, before: AppliedTable, target: Target, dialect: Dialect) -> None:
        self.before = before
        self.target = target
        self._dialect = dialect
        self.columns = {column.name: column.name for column in before.layout.columns}
        for each in before.fields:
            self.columns |= dict(zip(each.columns, target.fields[each.id].columns, strict=True))
        self._keys = {key.name: self._key_name(key) for key in before.layout.foreign_keys}

    @property
    def is_still(self) -> bool:
        """Whether neither the table nor a column of it moves."""
        return self.before.layout.name == self.target.place and all(a == b for a, b in self.columns.items())

    def _key_name(self, key: ForeignKeyLayout) -> str:
        for each in self.before.fields:
            if key.columns == each.columns and key.name == own_name("fk", self.before.layout.name, each.name):
                return own_name("fk", self.target.place, self.target.fields[each.id].name)
        return key.name

    def after(self, tables: Mapping[str, _TableMove], ids: Mapping[str, str]) -> AppliedTable:
        target = self.target
        fields = (
            target.fields[each.id].model_copy(update={"related_table": ids.get(each.related_table or "")})
            for each in self.before.fields
        )
        return self.before.model_copy(
            update={
                "id": target.id,
                "numbered": target.numbered,
                "name": target.name,
                "fields": tuple(fields),
                "layout": self._layout(tables),
            }
        )

    def _layout(self, tables: Mapping[str, _TableMove]) -> TableLayout:
        layout, names = self.before.layout, self.columns

        def key(each: ForeignKeyLayout) -> ForeignKeyLayout:
            update: dict[str, object] = {"name": self._keys[each.name], "columns": _mapped(each.columns, names)}
            if not each.is_of_users:
                other = tables[each.table]
                update |= {"table": other.target.place, "referenced": _mapped(each.referenced, other.columns)}
            return each.model_copy(update=update)

        return layout.model_copy(
            update={
                "name": self.target.place,
                "columns": tuple(c.model_copy(update={"name": names[c.name]}) for c in layout.columns),
                "indexes": tuple(
                    each.model_copy(
                        update={
                            "columns": _mapped(each.columns, names),
                            "where": None if each.where is None else renamed_sql(each.where, names),
                        }
                    )
                    for each in layout.indexes
                ),
                "foreign_keys": tuple(map(key, layout.foreign_keys)),
                "checks": tuple(
                    each.model_copy(update={"sql": renamed_sql(each.sql, names)}) for each in layout.checks
                ),
            }
        )

    def steps(self) -> Iterator[Step]:
        """Yield the steps that rename columns and foreign keys. The table has its new name by then."""
        table = self._dialect.quote(self.target.place)
        sql = [
            f"ALTER TABLE {table} RENAME COLUMN {self._quote(before)} TO {self._quote(after)}"
            for before, after in in_order(self.columns, lambda number: f"_moved_{number}")
        ]
        if self._dialect is not SQLITE:
            enforced = {key.name for key in self.before.layout.foreign_keys if key.enforced}
            keys = {before: after for before, after in self._keys.items() if before in enforced}
            sql += [
                f"ALTER TABLE {table} RENAME CONSTRAINT {self._quote(before)} TO {self._quote(after)}"
                for before, after in in_order(keys, lambda number: f"_moved_{number}")
            ]
        if sql:
            yield Step(Phase.RENAME, self.target.name, self._summary(), tuple((text, ()) for text in sql))

    def links(self) -> Iterator[LinkMove]:
        """Yield where the links of fields are and shall be."""
        for each in self.before.fields:
            later = self.target.fields[each.id].link
            if each.link is not None and later is not None:
                yield LinkMove(self.target.name, each.link, later, self.target.link_ddl.get(each.id, ()))

    def _summary(self) -> str:
        renamed = [
            f'"{each.name}" to "{self.target.fields[each.id].name}"'
            for each in self.before.fields
            if each.name != self.target.fields[each.id].name
        ]
        return f"rename the field {', '.join(renamed)}" if renamed else "make room for a field where kept values lie"

    def _quote(self, name: str) -> str:
        return self._dialect.quote(name)


def _table_steps(moves: Sequence[_TableMove], dialect: Dialect) -> Iterator[Step]:
    by_place = {move.before.layout.name: move for move in moves}
    names = {move.before.layout.name: move.target.place for move in moves}
    at = dict(zip(names, names, strict=True))
    for before, after in in_order(names, lambda number: f"_moved_{number}"):
        origin = next(first for first, now in at.items() if now == before)
        at[origin] = after
        move = by_place[origin]
        sql = [f"ALTER TABLE {dialect.quote(before)} RENAME TO {dialect.quote(after)}"]
        if dialect is not SQLITE:
            former, later = dialect.quote(primary_key_name(before)), dialect.quote(primary_key_name(after))
            sql.append(f"ALTER TABLE {dialect.quote(after)} RENAME CONSTRAINT {former} TO {later}")
        summary = f'rename the table "{move.before.name}"'
        if move.before.name == move.target.name:
            summary = "make room for a table where kept rows lie"
        yield Step(Phase.RENAME, move.target.name, summary, tuple((text, ()) for text in sql))


def _counter_steps(moves: Sequence[_TableMove]) -> Iterator[Step]:
    names: dict[str, str] = {}
    for move in moves:
        for each in move.before.fields:
            if each.type == "autonumber":
                # The column has the name of the field, but where a kept one has made room for another.
                former = counter_name(move.before.layout.name, each.columns[0])
                names[former] = counter_name(move.target.place, move.target.fields[each.id].columns[0])
    sql = [
        f"UPDATE \"_counter\" SET name = '{after}' WHERE name = '{before}'"
        for before, after in in_order(names, lambda number: f"_moved_{number}")
    ]
    if sql:
        yield Step(Phase.RENAME, "", "rename counters", tuple((text, ()) for text in sql))


def renamed_sql(sql: str, names: Names) -> str:
    """Return SQL that we have written with other names of columns in it; what stands in texts stays."""

    def replaced(found: re.Match[str]) -> str:
        name = found.group(1)
        return found.group() if name is None else f'"{names.get(name, name)}"'

    return _QUOTED.sub(replaced, sql)


def _mapped(columns: Sequence[str], names: Names) -> tuple[str, ...]:
    return tuple(names[column] for column in columns)
