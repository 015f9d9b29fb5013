"""Conditions of rules for rows, planned once at start: part of every statement from then on (`rows.py`).

Unlike a filter, such a condition is never true of a field without a value, or of a caller without the property that it
asks for, whatever the operator; only a literal null asks for emptiness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from tabularium.errors import FieldError
from tabularium.query.conditions import CallerValue, Comparison, Condition, joined
from tabularium.query.operators import EQUALITY, operator_for
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.base import UTC_ZONE, FieldType, Interval, InvalidValue
from tabularium.schema.fields.email import EmailType
from tabularium.schema.fields.phone_number import PhoneNumberType
from tabularium.schema.model import Field, Table
from tabularium.schema.row_rules import CurrentUser, RuleOperator

MAX_LIST: Final = 1000

_LIST_PREDICATES: Final = {"eq": "has_any", "in": "has_any", "neq": "holds_others"}
_ONE_PREDICATES: Final = {"eq": "same", "neq": "other"}
_AMONG_PREDICATES: Final = {"eq": "one_of", "in": "one_of", "neq": "outside"}
"""By operator: for a field of several values, for one value, and for one value among several."""


class RowRules:
    """The part of the query language that rules for rows are written in (`tabularium.schema.row_rules`)."""

    def compare(self, found: Field, operator: RuleOperator, value: object) -> tuple[object, Sequence[FieldError]]:
        """Return the condition on one field, and what is wrong with its value."""
        errors: list[FieldError] = []
        condition = _compare(_Leaf(found, operator, errors), value)
        return condition, errors

    def join(self, members: Sequence[object], *, every: bool) -> object:
        """Return the condition that all members hold, or any."""
        return joined(cast("Sequence[Condition]", members), every)

    def system_field(self, table: Table, name: str) -> Field | None:
        """Return the system column with this name."""
        return system_fields(table).get(name)


class _Leaf:
    """One condition on its way."""

    def __init__(self, field: Field, operator: RuleOperator, errors: list[FieldError]) -> None:
        self.field = field
        self.operator = operator
        self.is_list = "A" in field.type.groups
        self._errors = errors

    def refuse(self, message: str, path: str = "value", code: str = "invalid_value") -> None:
        self._errors.append(FieldError(path, message, code))

    def ask(self, predicate: str, *values: Any) -> Condition:
        group = "A" if self.is_list else min(self.field.type.groups & EQUALITY)
        return Comparison(self.field, predicate, group, values)

    def read(self, value: object, path: str) -> Any:
        """Return the stored form of a literal; what is none is reported."""
        if value is None:
            return self.refuse("null stands by itself, with eq or neq", path)
        try:
            parsed = self.field.type.parse_filter(value, UTC_ZONE)
        except InvalidValue as invalid:
            for problem in invalid.problems:
                self.refuse(f"is no value of this field: {problem.message}", path)
            return None
        if isinstance(parsed, Interval):
            return self.refuse("must be an instant, with its time and zone", path)
        return parsed


def _compare(leaf: _Leaf, value: object) -> Condition | None:
    if value is None and leaf.operator != "in":
        return _emptiness(leaf)
    if not leaf.is_list and not leaf.field.type.groups & EQUALITY:
        leaf.refuse("values of this type cannot be compared; null alone asks whether there is one")
        return None
    if isinstance(value, CurrentUser):
        return _of_caller(leaf, value)
    return _among(leaf, value) if leaf.operator == "in" else _one(leaf, value)


def _emptiness(leaf: _Leaf) -> Condition:
    groups = leaf.field.type.groups
    # Of text `isEmpty` asks more: text may be there and have no characters.
    name = ("isEmpty", "isNotEmpty") if groups & {"A", "L"} else ("isNull", "isNotNull")
    row = operator_for(name[leaf.operator == "neq"], groups)
    if row is None:
        raise LookupError(f"no operator {name} for {groups}")
    operator, group = row
    return Comparison(leaf.field, operator.predicate, group)


def _one(leaf: _Leaf, value: object) -> Condition | None:
    parsed = leaf.read(value, "value")
    if parsed is None:
        return None
    if leaf.is_list:
        return leaf.ask(_LIST_PREDICATES[leaf.operator], (parsed,))
    return leaf.ask(_ONE_PREDICATES[leaf.operator], parsed)


def _among(leaf: _Leaf, value: object) -> Condition | None:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
        leaf.refuse(f'"in" needs a list of 1 to {MAX_LIST} values')
        return None
    parsed = tuple(leaf.read(item, f"value.{place}") for place, item in enumerate(value))
    return leaf.ask((_LIST_PREDICATES if leaf.is_list else _AMONG_PREDICATES)[leaf.operator], parsed)


def _of_caller(leaf: _Leaf, value: CurrentUser) -> Condition | None:
    if not _holds_texts(leaf.field.type):
        leaf.refuse("a property of the current user is text, which this field cannot hold")
        return None
    has_several = leaf.is_list or value.property == "role" or leaf.operator == "in"
    if leaf.is_list:
        predicate = _LIST_PREDICATES[leaf.operator]
    else:
        predicate = (_AMONG_PREDICATES if has_several else _ONE_PREDICATES)[leaf.operator]
    is_folded = isinstance(leaf.field.type, EmailType)
    caller_value = CallerValue(value.property, has_several, is_folded)
    return leaf.ask(predicate, caller_value)


def _holds_texts(kind: FieldType) -> bool:
    if isinstance(kind, PhoneNumberType) or (kind.related_table is not None and not kind.is_user):
        return False
    return kind.is_user or not kind.groups.isdisjoint({"T", "A"})
