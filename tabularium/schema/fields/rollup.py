"""`rollup`: what the values of a field come to over the records that a link leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, Literal

from pydantic import Field

from tabularium.db.arithmetic import QUOTIENT_PLACES
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, LinkedRows, Row, Scope, Unresolved
from tabularium.schema.fields.computed import ComputedType
from tabularium.schema.fields.exact_sum import ExactSumType
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.over_links import LinkPath, link_and_target, resolve_link
from tabularium.schema.fields.value_list import ListType

Aggregation = Literal["SUM", "AVG", "MIN", "MAX", "COUNT", "COUNTA", "COUNTALL", "ARRAYUNIQUE"]


class RollupOptions(FieldOptions):
    """The options of `rollup`."""

    relationship_field: str = Field(description="The link of the same table that is followed.")
    related_field: str = Field(description="The field of the linked records whose values are rolled up.")
    aggregation: Aggregation = Field(
        description="SUM, AVG, MIN, MAX; COUNT of numbers, COUNTA of values, COUNTALL of records; ARRAYUNIQUE, a list."
    )
    filters: dict[str, Any] | str | None = Field(None, description="Only records that match this filter are rolled up.")
    format: Literal["number", "currency", "percentage", "date", "text"] | None = Field(
        None, description="How clients should show it; without effect, since values are shown as those of the field."
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """One aggregation: which fields it takes, the type of its result, and its SQL over the linked rows."""

    fits: Callable[[FieldType], bool]
    result: Callable[[FieldType], FieldType]
    sql: Callable[[FieldType, str, LinkedRows, Dialect], str]
    wanted: str


def _is_number(kind: FieldType) -> bool:
    return "sum" in kind.aggregates


def _is_ordered(kind: FieldType) -> bool:
    return _is_number(kind) or "D" in kind.groups


def _has_values(kind: FieldType) -> bool:
    return kind.has_value


def _is_listable(kind: FieldType) -> bool:
    return kind.has_value and kind.is_sortable and "A" not in kind.groups


def _whole(_: FieldType) -> FieldType:
    return IntegerType(IntegerType.Options())


def _select(expression: str, linked: LinkedRows) -> str:
    return f"(SELECT {expression} FROM {linked.source} WHERE {linked.condition})"


def _sum_sql(kind: FieldType, value: str, linked: LinkedRows, dialect: Dialect) -> str:
    return f"tabularium_number_key({_total(kind, value, linked)})" if dialect is SQLITE else _total_of(value, linked)


def _total(kind: FieldType, value: str, linked: LinkedRows) -> str:
    """Return the sum in SQLite's canonical text; 0 over no values."""
    if kind.is_number_text:
        return _select(f"coalesce(tabularium_sum({value}), '0')", linked)
    # Two halves cannot overflow, where the sum of whole numbers of 64 bits could.
    high, low = f"coalesce(sum({value} / 1000000000), 0)", f"coalesce(sum({value} % 1000000000), 0)"
    whole = f"tabularium_add(tabularium_multiply({high}, '1000000000'), {low})"
    return _select(f"tabularium_unscale({whole}, {kind.places})", linked)


def _total_of(value: str, linked: LinkedRows) -> str:
    return _select(f"coalesce(sum({value}), 0)::numeric", linked)


def _average_sql(kind: FieldType, value: str, linked: LinkedRows, dialect: Dialect) -> str:
    number = _select(f"count({value})", linked)
    if dialect is SQLITE:
        quotient = f"tabularium_divide({_total(kind, value, linked)}, {number})"
        return f"tabularium_number_key({quotient})"
    # The quotient has far more digits than are kept, so that it is rounded once only.
    exact = f"sum({value})::numeric(1000, 40) / nullif(count({value}), 0)"
    return _select(f"round({exact}, {QUOTIENT_PLACES})", linked)


def _count_sql(_kind: FieldType, value: str, linked: LinkedRows, _dialect: Dialect) -> str:
    return _select(f"count({value})", linked)


def _rows_sql(_kind: FieldType, _value: str, linked: LinkedRows, _dialect: Dialect) -> str:
    return _select("count(*)", linked)


def _extreme_sql(which: Literal["min", "max"]) -> Callable[[FieldType, str, LinkedRows, Dialect], str]:
    return lambda kind, value, linked, dialect: _select(kind.extreme_expression(value, which, dialect), linked)


def _unique_sql(kind: FieldType, value: str, linked: LinkedRows, dialect: Dialect) -> str:
    order = kind.sort_expression("_value", dialect)
    present = f"{linked.condition} AND {value} IS NOT NULL"
    rows = f"(SELECT DISTINCT {value} AS _value FROM {linked.source} WHERE {present}) AS _values"
    if dialect is SQLITE:
        return f"(SELECT json_group_array(_value) FROM (SELECT _value FROM {rows} ORDER BY {order}, _value))"
    return f"ARRAY(SELECT {kind.read_expression('_value', dialect)} FROM {rows} ORDER BY {order}, _value)"


_RULES: Final[Mapping[Aggregation, _Rule]] = {
    "SUM": _Rule(_is_number, lambda kind: ExactSumType(kind, is_average=False), _sum_sql, "a number field"),
    "AVG": _Rule(_is_number, lambda kind: ExactSumType(kind, is_average=True), _average_sql, "a number field"),
    "MIN": _Rule(_is_ordered, lambda kind: kind, _extreme_sql("min"), "a number or date field"),
    "MAX": _Rule(_is_ordered, lambda kind: kind, _extreme_sql("max"), "a number or date field"),
    "COUNT": _Rule(
        _is_number, _whole, lambda _, value, linked, __: _select(f"count({value})", linked), "a number field"
    ),
    "COUNTA": _Rule(_has_values, _whole, lambda _, value, linked, __: _select(f"count({value})", linked), "any field"),
    "COUNTALL": _Rule(_has_values, _whole, lambda _, __, linked, ___: _select("count(*)", linked), "any field"),
    "ARRAYUNIQUE": _Rule(_is_listable, ListType, _unique_sql, "a field that can be sorted by"),
}


class RollupType(ComputedType):
    """One value made of the values of many records: those that the caller sees, and that match `filters`."""

    names = ("rollup",)
    Options = RollupOptions
    options: RollupOptions
    private_options = frozenset({"filters"})
    path: LinkPath
    related: FieldType

    def resolve(self, scope: Scope) -> RollupType:
        _, target = link_and_target(scope, self.options.relationship_field)
        related = target.field(self.options.related_field, "relatedField")
        rule = _RULES[self.options.aggregation]
        if not rule.fits(related):
            name = self.options.related_field
            raise Unresolved(("relatedField", f'{self.options.aggregation} needs {rule.wanted}, which "{name}" is not'))
        path = resolve_link(scope, self.options.relationship_field, self.options.filters)
        return self.bound(rule.result(related), path=path, related=related)

    def value_expression(self, name: str, row: Row) -> str:
        linked = self.path.rows(row)
        value = self.related.value_expression(self.options.related_field, linked.row)
        return _RULES[self.options.aggregation].sql(self.related, value, linked, row.dialect)

    def filter_expression(self, name: str, group: Any, row: Row) -> str:
        value = self.value_expression(name, row)
        return self.result.comparable(value, row.dialect) if isinstance(self.result, ListType) else value

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return self.result.display(value, zone)
