"""What SQL can ask of one expression: a table of predicates with their text on each database.

`{x}` is the expression of the field, `{0}` the bound value. Each text is TRUE exactly when the predicate holds;
otherwise it is FALSE or NULL, which `WHERE`, `AND`, `OR` and `IS NOT TRUE` treat alike. The operators of
`tabularium.query.operators` are built from these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tabularium.db.dialect import POSTGRESQL, SQLITE

Binding = Literal["none", "value", "list", "folded"]
"""How a predicate binds: nothing; one value of the field; a list of them in one parameter, whatever its length; a text,
already folded, which is compared with the folded expression."""


_PLACES: Final = re.compile(r"\{[x0]\}")


@dataclass(frozen=True, slots=True)
class Predicate:
    """One predicate. `sql` is by dialect name."""

    binding: Binding
    sql: Mapping[str, str]

    def text(self, dialect: str, expression: str, value: str) -> str:
        """Return the SQL on a database. What is put in is not searched again: it may hold a text such as `{0}`."""
        parts = {"{x}": expression, "{0}": value}
        return _PLACES.sub(lambda found: parts[found[0]], self.sql[dialect])


def _same(binding: Binding, sql: str) -> Predicate:
    return Predicate(binding, {SQLITE.name: sql, POSTGRESQL.name: sql})


def _each(binding: Binding, sqlite: str, postgresql: str) -> Predicate:
    return Predicate(binding, {SQLITE.name: sqlite, POSTGRESQL.name: postgresql})


# The list behind these two holds the sorted borders of spans that do not overlap: an odd number of borders at or before
# a value means that it lies within one. `width_bucket` counts them on PostgreSQL.
_BORDERS_PASSED: Final = "(SELECT count(*) FROM json_each({0}) WHERE value <= {x})"

PREDICATES: Final[Mapping[str, Predicate]] = {
    "same": _same("value", "{x} = {0}"),
    "differs": _each("value", "{x} IS NOT {0}", "{x} IS DISTINCT FROM {0}"),
    # These three are not what `differs`, `none_of` and `has_none` are: never true without a value on either side.
    "other": _same("value", "{x} <> {0}"),
    "outside": _each("list", "({0} IS NOT NULL AND {x} NOT IN (SELECT value FROM json_each({0})))", "{x} <> ALL({0})"),
    "holds_others": _each(
        "list",
        "({0} IS NOT NULL AND {x} <> '[]' AND NOT EXISTS (SELECT 1 FROM json_each({x}) AS _item"
        " WHERE _item.value IN (SELECT value FROM json_each({0}))))",
        "(cardinality({x}) > 0 AND NOT {x} && {0}::text[])",
    ),
    "above": _same("value", "{x} > {0}"),
    "not_below": _same("value", "{x} >= {0}"),
    "below": _same("value", "{x} < {0}"),
    "not_above": _same("value", "{x} <= {0}"),
    "one_of": _each("list", "{x} IN (SELECT value FROM json_each({0}))", "{x} = ANY({0})"),
    "none_of": _each(
        "list",
        "({x} NOT IN (SELECT value FROM json_each({0})) OR {x} IS NULL)",
        "({x} <> ALL({0}) OR {x} IS NULL)",
    ),
    "in_spans": _each("list", f"{_BORDERS_PASSED} % 2 = 1", "width_bucket({x}, {0}) % 2 = 1"),
    "outside_spans": _each("list", f"{_BORDERS_PASSED} % 2 = 0", "(width_bucket({x}, {0}) % 2 = 0 OR {x} IS NULL)"),
    "contains": _each("folded", "instr({x}, {0}) > 0", "strpos({x}, {0}::text) > 0"),
    "lacks": _each("folded", "coalesce(instr({x}, {0}), 0) = 0", "coalesce(strpos({x}, {0}::text), 0) = 0"),
    "starts_with": _each("folded", "substr({x}, 1, length({0})) = {0}", "starts_with({x}, {0}::text)"),
    "ends_with": _each("folded", "substr({x}, -length({0})) = {0}", "right({x}, length({0}::text)) = {0}::text"),
    "has_any": _each(
        "list",
        "EXISTS (SELECT 1 FROM json_each({x}) AS _item WHERE _item.value IN (SELECT value FROM json_each({0})))",
        "{x} && {0}::text[]",
    ),
    "has_all": _each(
        "list",
        "({x} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each({0}) AS _wanted"
        " WHERE _wanted.value NOT IN (SELECT value FROM json_each({x}))))",
        "{x} @> {0}::text[]",
    ),
    "has_none": _each(
        "list",
        "NOT EXISTS (SELECT 1 FROM json_each({x}) AS _item WHERE _item.value IN (SELECT value FROM json_each({0})))",
        "({x} && {0}::text[]) IS NOT TRUE",
    ),
    "no_items": _each("none", "({x} IS NULL OR {x} = '[]')", "coalesce(cardinality({x}), 0) = 0"),
    "some_items": _each("none", "{x} <> '[]'", "cardinality({x}) > 0"),
    "no_list": _same("none", "({x} IS NULL OR {x} = '[]')"),
    "some_list": _same("none", "{x} <> '[]'"),
    "null": _same("none", "{x} IS NULL"),
    "not_null": _same("none", "{x} IS NOT NULL"),
    "no_text": _same("none", "({x} IS NULL OR {x} = '')"),
    "some_text": _same("none", "{x} <> ''"),
    "true": _same("none", "{x} IS TRUE"),
    "false": _same("none", "{x} IS FALSE"),
}
