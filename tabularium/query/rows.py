"""Rows within a statement: how SQL names their columns and fields, and how it reaches the rows of other tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.query.caller_marks import caller_mark, caller_value, is_of_caller
from tabularium.query.compile import condition_sql, parameters, shape_of
from tabularium.query.conditions import CallerValue, Condition
from tabularium.query.moment import Moment
from tabularium.query.relative_dates import Border, border_of_name
from tabularium.schema.model import DELETED_COLUMN, Field, Table
from tabularium.schema.permissions import RowAction

_NOW: Final = "now"
_MARK: Final = re.compile("\x00([^\x00]+)\x00")
"""Stands in the text of a statement for the placeholder of what depends on the request, until `with_moment` numbers it:
the instant of the request, the border of a window of days, or what is the caller's own."""

_POSTGRESQL_TYPES: Final = {"date": "date", "instant": "timestamptz", "text": "text", "list": "text[]"}


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of a table under an alias. The outermost row of a statement has the name of its table.

    Every step to a related row goes one level deeper into subqueries, so an alias with the number of the level is free.
    """

    table: Table
    dialect: Dialect
    alias: str
    level: int = 0

    def column(self, name: str) -> str:
        """Return the quoted and qualified SQL of a physical column."""
        return f"{self.dialect.quote(self.alias)}.{self.dialect.quote(name)}"

    def value(self, field: Field) -> str:
        """Return the SQL of a field in driver form."""
        return field.type.value_expression(field.name, self)

    def related(self, table: str) -> StatementRow:
        """Return a row of another table, one level deeper."""
        level = self.level + 1
        return StatementRow(self.table.sibling(table), self.dialect, f"_r{level}", level)

    @property
    def source(self) -> str:
        """The table under its alias, to stand after FROM."""
        return f"{self.dialect.quote(self.table.database_name)} AS {self.dialect.quote(self.alias)}"

    @property
    def visible(self) -> str:
        """The condition that the row is live, and one that the caller may see."""
        return f"{self.column(DELETED_COLUMN)} IS NULL{self.allowed}"

    @property
    def allowed(self) -> str:
        """What the rules for rows add to a condition, ` AND (…)`; nothing where none binds the caller."""
        rule = self.passes("read")
        return "" if rule is None else f" AND ({rule})"

    def passes(self, action: RowAction) -> str | None:
        """Return the SQL of the rule for an action; `None` where the caller is bound by none.

        Links are followed here whether or not the caller may see where they lead: rules of two tables may so name links
        to one another.
        """
        rule = self.table.row_rules.get(action)
        return None if rule is None else replace(self, table=self.table.unruled).condition(rule.condition)

    def condition(self, condition: Any) -> str:
        """Return the SQL of a condition of the file, with its values written as literals, or as marks."""
        literals = (literal(value, self.dialect) for value in parameters(condition, self.dialect))
        return condition_sql(shape_of(condition), self, lambda: next(literals))

    @property
    def now(self) -> str:
        """The instant of the request."""
        return _marked(_NOW, "instant", self.dialect)


def outer_row(table: Table, dialect: Dialect) -> StatementRow:
    """Return the row that a statement is about: SQL names it as its table, `"table"."column"`."""
    return StatementRow(table, dialect, table.database_name)


def _marked(name: str, kind: str, dialect: Dialect) -> str:
    return f"\x00{name}\x00{f'::{_POSTGRESQL_TYPES[kind]}' if dialect is POSTGRESQL else ''}"


Numbered = tuple[str, tuple[str, ...]]
"""The text of a statement, and what of `values_at` is bound after all else."""


def with_moment(text: str, number: int, dialect: Dialect) -> Numbered:
    """Give what depends on the request its placeholders, from `number` on, and return it as `values_at` takes it."""
    names = tuple(dict.fromkeys(_MARK.findall(text)))
    places = {name: dialect.placeholder(place) for place, name in enumerate(names, number)}
    return _MARK.sub(lambda mark: places[mark[1]], text), names


def values_at(names: Sequence[str], moment: Moment) -> tuple[Any, ...]:
    """Return the values for the placeholders of `with_moment`."""
    return tuple(_value_at(name, moment) for name in names)


def _value_at(name: str, moment: Moment) -> Any:
    if name == _NOW:
        return moment.now
    return caller_value(name, moment.caller) if is_of_caller(name) else border_of_name(name).at(moment)


def literal(value: Any, dialect: Dialect) -> str:
    """Write a driver value of the application file as an SQL literal. Values of requests are bound, never written.

    The border of a window, and what is the caller's own, become marks, since their values depend on the request.
    """
    if isinstance(value, CallerValue):
        return _marked(caller_mark(value, dialect), "list" if value.is_list else "text", dialect)
    if isinstance(value, Border):
        return _marked(value.name, value.form, dialect)
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        text = "{" + ",".join(_array_items(value)) + "}"
        return dialect.literal(orjson.dumps(value).decode() if dialect is SQLITE else text)
    return dialect.literal(str(value))


def _array_items(values: Any) -> Iterator[str]:
    for value in values:
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        yield "NULL" if value is None else f'"{escaped}"'


def planned(condition: object) -> Condition:
    """Return a condition that came through a layer which does not know its type."""
    return condition  # type: ignore[return-value]
