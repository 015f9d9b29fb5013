"""The third stage: conditions and sort keys → SQL text with numbered placeholders, and the values bound to it.

A condition has a *shape*: all of it but the values. The text depends on the shape alone, so it is made once for each
and kept; `parameters` then yields the values in the order of the placeholders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.fold import fold_sql
from tabularium.query.conditions import Comparison, Condition, Conjunction, Negation
from tabularium.query.predicates import PREDICATES, Binding
from tabularium.query.sorting import SortKey
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.base import ColumnSql
from tabularium.schema.model import KEY_COLUMN, Table

Shape = tuple[Any, ...]
"""Hashable. `(word, (shape, …))` for a group or a negation, `(field, predicate, group)` for a comparison."""

_ALL: Final = "AND"
_ANY: Final = "OR"
_NOT: Final = "NOT"
_OF_NOTHING: Final = {_ALL: "TRUE", _ANY: "FALSE"}


def shape_of(condition: Condition) -> Shape:
    """Return the shape of a condition."""
    if isinstance(condition, Comparison):
        return (condition.field, condition.predicate, condition.group)
    if isinstance(condition, Negation):
        return (_NOT, (shape_of(condition.member),))
    word = _ALL if isinstance(condition, Conjunction) else _ANY
    members = [shape_of(member) for member in condition.members]
    # `a AND (b AND c)` is `a AND b AND c`, and a group of one is its member.
    flat = tuple(part for shape in members for part in (shape[1] if shape[0] == word else (shape,)))
    return flat[0] if len(flat) == 1 else (word, flat)


def parameters(condition: Condition, dialect: Dialect) -> Iterator[Any]:
    """Yield the driver values of a condition in the order of its placeholders."""
    if isinstance(condition, Comparison):
        binding = PREDICATES[condition.predicate].binding
        for value in condition.values:
            yield _BINDERS[binding](condition, value, dialect)
    elif isinstance(condition, Negation):
        yield from parameters(condition.member, dialect)
    else:
        for member in condition.members:
            yield from parameters(member, dialect)


def _bind_value(condition: Comparison, value: Any, dialect: Dialect) -> Any:
    return condition.field.type.filter_value(value, condition.group, dialect)


def _bind_list(condition: Comparison, value: Any, dialect: Dialect) -> Any:
    items = [_bind_value(condition, item, dialect) for item in value]
    return orjson.dumps(items).decode() if dialect is SQLITE else items


def _bind_folded(_condition: Comparison, value: Any, _dialect: Dialect) -> Any:
    return value


_BINDERS: Final[dict[Binding, Callable[[Comparison, Any, Dialect], Any]]] = {
    "value": _bind_value,
    "list": _bind_list,
    "folded": _bind_folded,
}


def columns_of(table: Table, dialect: Dialect) -> ColumnSql:
    """Return the function that writes a column of a table as it stands in every statement here: `"table"."column"`."""
    prefix = dialect.quote(table.database_name)
    return lambda column: f"{prefix}.{dialect.quote(column)}"


def condition_sql(shape: Shape, column: ColumnSql, dialect: Dialect, first: int) -> tuple[str, int]:
    """Write a condition whose placeholders begin at number `first`; return the text and the next free number."""
    if shape[0] == _NOT:
        text, following = condition_sql(shape[1][0], column, dialect, first)
        return f"({text}) IS NOT TRUE", following
    if shape[0] not in _OF_NOTHING:
        return _comparison_sql(shape, column, dialect, first)
    word, members = shape
    texts = []
    for member in members:
        text, first = condition_sql(member, column, dialect, first)
        texts.append(f"({text})" if member[0] in _OF_NOTHING else text)
    return f" {word} ".join(texts) or _OF_NOTHING[word], first


def _comparison_sql(shape: Shape, column: ColumnSql, dialect: Dialect, first: int) -> tuple[str, int]:
    field, name, group = shape
    predicate = PREDICATES[name]
    expression = field.type.filter_expression(field.name, group, column, dialect)
    if predicate.binding == "folded":
        expression = fold_sql(expression, dialect)
    text = predicate.sql[dialect.name].replace("{0}", dialect.placeholder(first)).replace("{x}", expression)
    return text, first if predicate.binding == "none" else first + 1


def order_sql(table: Table, sort: tuple[SortKey, ...], dialect: Dialect) -> str:
    """Write the criteria of ORDER BY, which always end with the key, so that the order is total."""
    column = columns_of(table, dialect)
    keys = sort
    if not any(key.field.name == KEY_COLUMN for key in sort):
        keys = (*sort, SortKey(system_fields(table)[KEY_COLUMN]))
    return ", ".join(_sort_key_sql(key, column, dialect) for key in keys)


def _sort_key_sql(key: SortKey, column: ColumnSql, dialect: Dialect) -> str:
    expression = key.field.type.sort_expression(column(key.field.type.column(key.field.name)), dialect)
    direction = " DESC" if key.descending else ""
    # Where no null can be, an index serves the plain form; PostgreSQL's puts nulls first when it is read backwards.
    nulls = "" if key.field.required else " NULLS LAST"
    return f"{expression}{direction}{nulls}"
