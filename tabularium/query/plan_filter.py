"""The second stage for filters: nodes → conditions over fields of the schema, with stored values.

Every failure is noted in a list and planning goes on; what failed becomes a condition that is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tabularium.db.fold import fold
from tabularium.errors import FieldError, shown
from tabularium.query.conditions import (
    EVERY_ROW,
    Comparison,
    Condition,
    Conjunction,
    Disjunction,
    Negation,
    joined,
)
from tabularium.query.moment import Moment
from tabularium.query.names import NamedFields
from tabularium.query.nodes import ABSENT, Group, Leaf, Mention, Node, Not, RawText
from tabularium.query.operators import OPERATORS, Operator, Takes, operator_for, operators_of
from tabularium.query.relative_dates import MOST_DAYS, WINDOWS, local_day, within
from tabularium.schema.fields import base
from tabularium.schema.fields.base import UTC_ZONE, Interval, InvalidValue, Problem
from tabularium.schema.fields.characters import NO_TEXT, text_problem
from tabularium.schema.fields.exact import whole_number
from tabularium.schema.model import Field

_NULL: Final = Problem("wrong_type", "Null is no value for this operator; use isNull or isNotNull.")
_MISSING: Final = Problem("required", "This operator needs a value.")
_SURPLUS: Final = Problem("invalid_value", "This operator takes no value.")
_NO_LIST: Final = Problem("wrong_type", "This operator needs a list of values.")
_NO_PAIR: Final = Problem("invalid_value", "This operator needs two values: [low, high].")
_EMPTY_TEXT: Final = Problem("invalid_value", "This operator needs a text that is not empty.")
_NO_DAYS: Final = Problem("wrong_type", "This operator needs a whole number of days.")
_LOW_ABOVE_HIGH: Final = Problem("invalid_value", "The low value stands above the high one.")

_AT_LEAST: Final = OPERATORS["greaterThanOrEqual"][0]
_AT_MOST: Final = OPERATORS["lessThanOrEqual"][0]
_OF_EACH: Final[Mapping[str, Operator]] = {"in": OPERATORS["equals"][0], "notIn": OPERATORS["notEquals"][0]}
"""By the operator over a list: what must hold of each of its values."""


def plan_filter(node: Node, fields: NamedFields, errors: list[FieldError], moment: Moment | None = None) -> Condition:
    """Turn a tree of nodes into a condition, appending every failure to `errors`.

    Relative dates stay relative until `at_moment`. Days among instants begin in the zone of `moment`; without one, as
    for a filter of the application file, they are days until then, too.
    """
    if isinstance(node, Group):
        members = tuple(plan_filter(member, fields, errors, moment) for member in node.members)
        return Conjunction(members) if node.kind == "and" else Disjunction(members)
    if isinstance(node, Not):
        return Negation(plan_filter(node.member, fields, errors, moment))
    found = fields.find(node.field)
    if found is None:
        errors.append(fields.unknown(node.field_path, node.field))
        return EVERY_ROW
    return EVERY_ROW if isinstance(node, Mention) else _plan_leaf(node, found, errors, moment)


def _plan_leaf(leaf: Leaf, found: Field, errors: list[FieldError], moment: Moment | None) -> Condition:
    name = leaf.operator or ("hasAny" if "A" in found.type.groups else "in")
    row = operator_for(name, found.type.groups)
    if row is None:
        errors.append(_operator_error(leaf, name, found))
        return EVERY_ROW
    operator, group = row
    operand = _Operand(operator, found, group, leaf.value_path, errors, moment)
    if operator.takes != "nothing" and leaf.value is ABSENT:
        return operand.refuse(_MISSING)
    return _PLANNERS[operator.takes](operand, leaf.value)


def _operator_error(leaf: Leaf, name: str, found: Field) -> FieldError:
    allowed = f"Allowed are: {', '.join(operators_of(found.type.groups))}."
    if name in OPERATORS:
        message = f'The field "{found.name}" ({found.type.names[0]}) does not take "{name}". {allowed}'
        return FieldError(leaf.operator_path, message, "operator_not_allowed")
    message = f'"{shown(name)}" is no operator. {allowed}'
    return FieldError(leaf.operator_path, message, "unknown_operator")


@dataclass(frozen=True, slots=True)
class _Operand:
    """One operator on one field, with the place of its value in the request."""

    operator: Operator
    field: Field
    group: base.Group
    path: str
    errors: list[FieldError]
    moment: Moment | None

    def refuse(self, *problems: Problem, path: str = "") -> Condition:
        for problem in problems:
            place = ".".join(part for part in (self.path, path, problem.path) if part)
            self.errors.append(FieldError(place, problem.message, problem.code))
        return EVERY_ROW

    def ask(self, predicate: str, *values: Any) -> Comparison:
        return Comparison(self.field, predicate, self.group, values)

    def read(self, value: object, path: str = "") -> Any:
        """Return the stored form of a value, or `None` where it is refused."""
        try:
            given = self.field.type.parse_text(value.text) if isinstance(value, RawText) else value
            if given is None:
                raise InvalidValue(_NULL)
            return self.field.type.parse_filter(given, self.moment.zone if self.moment else UTC_ZONE)
        except InvalidValue as invalid:
            self.refuse(*invalid.problems, path=path)
            return None

    def compare(self, operator: Operator, value: Any) -> Condition:
        """Apply the row of an operator to one stored value or interval."""
        if not isinstance(value, Interval):
            return self.ask(operator.predicate, value)
        rule, span = operator.span, value if self.moment else local_day(value)
        parts = [
            self.ask(predicate, border)
            for predicate, border in ((rule.start, span.start), (rule.end, span.end))
            if predicate
        ]
        return joined(parts if rule.every else [*parts, self.ask("null")], rule.every)


def _plan_nothing(operand: _Operand, value: object) -> Condition:
    if value is not ABSENT:
        return operand.refuse(_SURPLUS)
    name = operand.operator.name
    return within(operand.field, operand.group, name) if name in WINDOWS else operand.ask(operand.operator.predicate)


def _plan_days(operand: _Operand, value: object) -> Condition:
    if isinstance(value, RawText):
        value = int(value.text) if value.text.isascii() and value.text.isdigit() and len(value.text) < 9 else value.text
    days = whole_number(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    if days is None:
        return operand.refuse(_NO_DAYS)
    if not 1 <= days <= MOST_DAYS:
        return operand.refuse(Problem("out_of_range", f"Must be from 1 to {MOST_DAYS} days."))
    return within(operand.field, operand.group, operand.operator.name, days)


def _plan_one(operand: _Operand, value: object) -> Condition:
    if value is None and operand.operator.null:
        return operand.ask(operand.operator.null)
    parsed = operand.read(value)
    return EVERY_ROW if parsed is None else operand.compare(operand.operator, parsed)


def _plan_text(operand: _Operand, value: object) -> Condition:
    text = value.text if isinstance(value, RawText) else value
    if not isinstance(text, str):
        return operand.refuse(NO_TEXT)
    problem = text_problem(text) or (None if text else _EMPTY_TEXT)
    return operand.refuse(problem) if problem else operand.ask(operand.operator.predicate, fold(text))


def _plan_pair(operand: _Operand, value: object) -> Condition:
    if not isinstance(value, list):
        return operand.refuse(_NO_LIST)
    if len(value) != 2:
        return operand.refuse(_NO_PAIR)
    low, high = (operand.read(item, str(index)) for index, item in enumerate(value))
    if low is None or high is None:
        return EVERY_ROW
    if _is_above(low, high):
        return operand.refuse(_LOW_ABOVE_HIGH)
    return Conjunction((operand.compare(_AT_LEAST, low), operand.compare(_AT_MOST, high)))


def _is_above(low: Any, high: Any) -> bool:
    start = low.start if isinstance(low, Interval) else low
    # The end of an interval is outside of it.
    return bool(start >= high.end if isinstance(high, Interval) else start > high)


def _plan_list(operand: _Operand, value: object) -> Condition:
    if not isinstance(value, list):
        return operand.refuse(_NO_LIST)
    operator = operand.operator
    parsed = [operand.read(item, str(index)) for index, item in enumerate(value) if item is not None]
    spans = [item for item in parsed if isinstance(item, Interval)]
    plain = tuple(item for item in parsed if item is not None and not isinstance(item, Interval))
    parts: list[Condition] = []
    if plain or not value:
        parts.append(operand.ask(operator.predicate, plain))
    if spans and operand.moment:
        parts.append(operand.ask(operator.span_list, _borders(spans)))
    else:
        parts.extend(operand.compare(_OF_EACH[operator.name], span) for span in spans)
    if None in value:
        parts.append(operand.ask(operator.null or "null"))
    return joined(parts, operator.every)


_WITHOUT_ITEMS: Final[Mapping[str, Condition]] = {
    "hasAny": Disjunction(()),
    "hasAll": EVERY_ROW,
    "hasNone": EVERY_ROW,
}
"""What the operators of lists mean where none is asked for."""


def _plan_items(operand: _Operand, value: object) -> Condition:
    if not isinstance(value, list):
        return operand.refuse(_NO_LIST)
    if not value:
        return _WITHOUT_ITEMS[operand.operator.name]
    items = tuple(operand.read(item, str(index)) for index, item in enumerate(value))
    return EVERY_ROW if any(item is None for item in items) else operand.ask(operand.operator.predicate, items)


def _plan_item(operand: _Operand, value: object) -> Condition:
    item = operand.read(value)
    return EVERY_ROW if item is None else operand.ask(operand.operator.predicate, (item,))


def _borders(spans: list[Interval]) -> tuple[Any, ...]:
    """Return the borders of the spans in order, joining spans that overlap."""
    merged: list[Interval] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(border for span in merged for border in (span.start, span.end))


_PLANNERS: Final[Mapping[Takes, Callable[[_Operand, object], Condition]]] = {
    "nothing": _plan_nothing,
    "one": _plan_one,
    "pair": _plan_pair,
    "list": _plan_list,
    "text": _plan_text,
    "days": _plan_days,
    "items": _plan_items,
    "item": _plan_item,
}
