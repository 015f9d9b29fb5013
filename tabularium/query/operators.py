"""The filter operators: a table. A new operator is one row; a new kind of value is one `Takes` and its planner.

A name may have several rows, for different filter groups: the first row whose group the field's type has is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tabularium.query.relative_dates import COUNTED_WINDOWS, WINDOWS
from tabularium.schema.fields.base import Group

Takes = Literal["nothing", "one", "pair", "list", "text", "items", "item", "days"]

EQUALITY: Final[frozenset[Group]] = frozenset({"E", "C", "B"})
ORDER: Final[frozenset[Group]] = frozenset({"O", "D"})
DATE: Final[frozenset[Group]] = frozenset({"D"})
TEXT: Final[frozenset[Group]] = frozenset({"T"})
BOOLEAN: Final[frozenset[Group]] = frozenset({"B"})
ARRAY: Final[frozenset[Group]] = frozenset({"A"})
LIST: Final[frozenset[Group]] = frozenset({"L"})
PRESENCE: Final[frozenset[Group]] = frozenset({"P"})


@dataclass(frozen=True, slots=True)
class SpanRule:
    """What an operator asks where its value stands for a span (a day among instants): of the start, and of the end.

    `every` says whether all of it must hold, or any, or the row be without a value.
    """

    start: str | None = None
    end: str | None = None
    every: bool = True


@dataclass(frozen=True, slots=True)
class Operator:
    """One row: the predicate for an ordinary value, for a span, and for null (`None`: null is no value for it).

    Lists use `predicate` for their ordinary values, `span_list` for their spans, `null` if they hold null; `every` says
    whether all of these parts must hold, or any. `over` is the group whose expression is compared, where it is not the
    matching one.
    """

    name: str
    groups: frozenset[Group]
    takes: Takes
    predicate: str
    null: str | None = None
    span: SpanRule = SpanRule()
    span_list: str = ""
    every: bool = True
    over: Group | None = None


_ROWS: Final[tuple[Operator, ...]] = (
    Operator("equals", EQUALITY, "one", "same", "null", SpanRule("not_below", "below")),
    Operator("notEquals", EQUALITY, "one", "differs", "not_null", SpanRule("below", "not_below", every=False)),
    Operator("in", EQUALITY, "list", "one_of", "null", span_list="in_spans", every=False),
    Operator("notIn", EQUALITY, "list", "none_of", "not_null", span_list="outside_spans"),
    Operator("greaterThan", ORDER, "one", "above", span=SpanRule(end="not_below")),
    Operator("greaterThanOrEqual", ORDER, "one", "not_below", span=SpanRule(start="not_below")),
    Operator("lessThan", ORDER, "one", "below", span=SpanRule(start="below")),
    Operator("lessThanOrEqual", ORDER, "one", "not_above", span=SpanRule(end="below")),
    # `between` is made of the two operators before it that include their bound.
    Operator("between", ORDER, "pair", ""),
    Operator("hasAny", ARRAY, "items", "has_any"),
    Operator("hasAll", ARRAY, "items", "has_all"),
    Operator("hasNone", ARRAY, "items", "has_none"),
    Operator("before", DATE, "one", "below", span=SpanRule(start="below")),
    Operator("after", DATE, "one", "above", span=SpanRule(end="not_below")),
    Operator("onOrBefore", DATE, "one", "not_above", span=SpanRule(end="below")),
    Operator("onOrAfter", DATE, "one", "not_below", span=SpanRule(start="not_below")),
    # What windows mean stands in `relative_dates.py`.
    *(Operator(name, DATE, "nothing", "") for name in WINDOWS),
    *(Operator(name, DATE, "days", "") for name in COUNTED_WINDOWS),
    Operator("contains", TEXT, "text", "contains"),
    Operator("contains", ARRAY, "item", "has_any"),
    Operator("notContains", TEXT, "text", "lacks"),
    Operator("startsWith", TEXT, "text", "starts_with"),
    Operator("endsWith", TEXT, "text", "ends_with"),
    Operator("isNull", PRESENCE, "nothing", "null"),
    Operator("isNotNull", PRESENCE, "nothing", "not_null"),
    # Only a text and a list can be there and empty.
    Operator("isEmpty", TEXT, "nothing", "no_text", over="P"),
    Operator("isEmpty", ARRAY, "nothing", "no_items"),
    Operator("isEmpty", LIST, "nothing", "no_list"),
    Operator("isEmpty", PRESENCE, "nothing", "null"),
    Operator("isNotEmpty", TEXT, "nothing", "some_text", over="P"),
    Operator("isNotEmpty", ARRAY, "nothing", "some_items"),
    Operator("isNotEmpty", LIST, "nothing", "some_list"),
    Operator("isNotEmpty", PRESENCE, "nothing", "not_null"),
    Operator("isTrue", BOOLEAN, "nothing", "true"),
    Operator("isFalse", BOOLEAN, "nothing", "false"),
)


def _by_name() -> dict[str, tuple[Operator, ...]]:
    return {name: tuple(row for row in _ROWS if row.name == name) for name in dict.fromkeys(row.name for row in _ROWS)}


OPERATORS: Final[Mapping[str, tuple[Operator, ...]]] = _by_name()


def takes(name: str) -> Takes | None:
    """Say what an operator takes, or return `None` where the name is no operator's."""
    rows = OPERATORS.get(name)
    return rows[0].takes if rows else None


def operator_for(name: str, groups: frozenset[Group]) -> tuple[Operator, Group] | None:
    """Return the row for a field whose type has these groups, and the group to compare; `None` if there is none."""
    for row in OPERATORS.get(name, ()):
        shared = row.groups & (groups | PRESENCE)
        if shared:
            return row, row.over or min(shared)
    return None


def operators_of(groups: frozenset[Group]) -> tuple[str, ...]:
    """Return the names of the operators that a type with these groups takes, in the order of the table."""
    return tuple(name for name in OPERATORS if operator_for(name, groups))
