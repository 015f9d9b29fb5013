"""A typed tree to the SQL of one database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tabularium.db.date_patterns import to_char_pattern
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.formula.signature import Form
from tabularium.schema.formula.sql import CONVERSIONS, MOMENTS, Sql, literal
from tabularium.schema.formula.tree import Call, Constant, FieldValue, Node


@dataclass(frozen=True, slots=True)
class Terms:
    """What the SQL of a formula is made of: `field` gives that of a field, in the form that formulas compute with."""

    dialect: Dialect
    field: Callable[[str], str]
    now: str


def translate(node: Node, terms: Terms) -> str:
    """Return the SQL of a formula, or of a part of one."""
    if isinstance(node, Constant):
        return literal(node.value, node.kind, terms.dialect)
    if isinstance(node, FieldValue):
        return terms.field(node.name)
    expected = node.function.expected(len(node.arguments)) or ()
    arguments = [
        _FORMS[parameter.form](argument, terms) for parameter, argument in zip(expected, node.arguments, strict=True)
    ]
    return _sql_of(node).write(arguments, terms.dialect, terms.now)


def _sql_of(call: Call) -> Sql:
    sql = call.function.sql
    return sql if isinstance(sql, Sql) else sql[call.arguments[0].kind]


def _as_text(node: Node, terms: Terms) -> str:
    text = CONVERSIONS[node.kind, "text"].write([translate(node, terms)], terms.dialect)
    is_there = isinstance(node, Constant) and node.value is not None
    return text if is_there else f"coalesce({text}, '')"


def _as_condition(node: Node, terms: Terms) -> str:
    sql = translate(node, terms)
    return sql if isinstance(node, Call) and node.function.is_never_null else f"({sql} IS TRUE)"


def _as_moment(node: Node, terms: Terms) -> str:
    return MOMENTS[node.kind].write([translate(node, terms)], terms.dialect)


def _setting(node: Node, terms: Terms) -> str:
    return terms.dialect.literal(_value(node))


def _pattern(node: Node, terms: Terms) -> str:
    pattern = _value(node)
    return terms.dialect.literal(pattern if terms.dialect is SQLITE else to_char_pattern(pattern))


def _value(node: Node) -> str:
    return str(node.value) if isinstance(node, Constant) else ""


_FORMS: Final[Mapping[Form, Callable[[Node, Terms], str]]] = {
    "plain": translate,
    "text": _as_text,
    "condition": _as_condition,
    "moment": _as_moment,
    "unit": _setting,
    "pattern": _pattern,
}
