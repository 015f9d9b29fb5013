"""The blocks `rowLevelPermissions` of the tables: read and checked with the file.

What a condition means is the query language's to say; it stands above this layer, so it is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, get_args

from tabularium.config.nodes import MapNode, Place, plain
from tabularium.config.permission_blocks import RowConditionBlock, RowGroupBlock, RowRuleBlock, RowRulesBlock
from tabularium.config.problems import quoted, suggestion
from tabularium.config.validate import list_items, read_block
from tabularium.errors import FieldError
from tabularium.schema.drafts import TableDraft, is_complete
from tabularium.schema.model import KEY_COLUMN, Field, Table
from tabularium.schema.permissions import ROW_ACTIONS, RowAction, RowRule
from tabularium.schema.resolution import Resolver, place_at

MAX_DEPTH: Final = 10
"""How deep conditions may lie: one by itself is on the first level, and each group adds one."""
MAX_CONDITIONS: Final = 100
"""How many conditions one group may have."""

CURRENT_USER: Final = "$currentUser"
_KIND: Final = "currentUser"
_FOREIGN: Final = ("activeAssignment", "assignments")
"""Properties of the wider platform."""

RuleOperator = Literal["eq", "neq", "in"]
UserProperty = Literal["id", "email", "role"]

_PROPERTIES: Final[tuple[UserProperty, ...]] = get_args(UserProperty)
_ALLOWED: Final = f"allowed are {', '.join(f'{CURRENT_USER}.{name}' for name in _PROPERTIES)}"


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """A property of the caller, in place of a value."""

    property: UserProperty


class RowLanguage(Protocol):
    """What rules are made of. The conditions that it returns are opaque here."""

    def compare(self, found: Field, operator: RuleOperator, value: object) -> tuple[object, Sequence[FieldError]]:
        """Return the condition on one field, and what is wrong with its value (`CurrentUser`, or as in the file).

        The paths of errors lead from the condition to the value: `value`, `value.2`.
        """

    def join(self, members: Sequence[object], *, every: bool) -> object:
        """Return the condition that all members hold, or any."""

    def system_field(self, table: Table, name: str) -> Field | None:
        """Return the system column with this name; `None` where there is none."""


def configured_row_rules(
    draft: TableDraft, resolver: Resolver, language: RowLanguage, *, has_auth: bool
) -> dict[RowAction, RowRule]:
    """Read the rules for the rows of a table whose fields are resolved, and report what is wrong with them."""
    place = draft.place.child("rowLevelPermissions")
    if place is None or read_block(place, RowRulesBlock) is None:
        return {}
    rules: dict[RowAction, RowRule] = {}
    for action in ROW_ACTIONS:
        rule = place.child(action)
        if rule is None:
            continue
        when = rule.child("when")
        if read_block(rule, RowRuleBlock) is not None and when is not None:
            reading = _Reading(draft, resolver, language, action, has_auth)
            condition = reading.condition(when, 1)
            rules[action] = RowRule(condition, frozenset(reading.fields))
    return rules


@dataclass(slots=True)
class _Reading:
    """One pass over the conditions of one rule. With errors reported, what it returns is never used."""

    draft: TableDraft
    resolver: Resolver
    language: RowLanguage
    action: RowAction
    has_auth: bool
    fields: set[str] = field(default_factory=set)

    def condition(self, place: Place, level: int) -> object:
        if level > MAX_DEPTH:
            place.error(f"conditions may be {MAX_DEPTH} levels deep")
            return None
        if "conditions" in place.entries or "logic" in place.entries:
            return self._group(place, level)
        block = read_block(place, RowConditionBlock)
        return None if block is None else self._leaf(place, block)

    def _group(self, place: Place, level: int) -> object:
        block = read_block(place, RowGroupBlock)
        members = [self.condition(item, level + 1) for item in list_items(place.child("conditions"), 1, MAX_CONDITIONS)]
        return None if block is None else self.language.join(members, every=block.logic == "and")

    def _leaf(self, place: Place, block: RowConditionBlock) -> object:
        found = self._find(block.field, place.at("field"))
        value = self._value(place.at("value"))
        if found is None or value is _UNUSABLE:
            return None
        self.fields.add(block.field)
        condition, errors = self.language.compare(found, block.operator, value)
        for error in errors:
            place_at(place, error.field).error(error.message)
        return condition

    def _find(self, name: str, place: Place) -> Field | None:
        """Return a stored field or a system column; any other is reported."""
        if name not in self.draft.fields:
            table = Table(None, self.draft.name, self.draft.database_name, (), self.draft.key)
            system = self.language.system_field(table, name)
            if system is None and is_complete(self.draft.place.child("fields")):
                hint = suggestion(name, self.draft.fields)
                place.error(f"the table {quoted(self.draft.name)} has no field {quoted(name)}{hint}")
            if system is not None and name == KEY_COLUMN and self._is_numbered_later(self.draft.key.is_integer):
                place.error(f"a record has no {quoted(name)} before it is created")
            return system
        kind = self.resolver.resolve(self.draft, name)
        if kind is None:
            return None  # its own error is reported
        if kind.is_computed or not kind.has_value:
            place.error(f"a rule for rows can name stored fields and system columns; {quoted(name)} is neither")
            return None
        if self._is_numbered_later(kind.first_number is not None):
            place.error(f"the field {quoted(name)} has no value before the record is created")
        return Field(None, name, kind)

    def _is_numbered_later(self, is_number: bool) -> bool:
        return is_number and self.action == "create"

    def _value(self, place: Place) -> object:
        value = plain(place.node)
        for item in place.items():
            if isinstance(item.value, str) and item.value.startswith(CURRENT_USER):
                item.error("a property of the current user stands by itself, in place of a list")
                return _UNUSABLE
        is_mapping = isinstance(place.node, MapNode) and value.get("kind") == _KIND
        name = _written_out(value) if is_mapping else _short(value)
        if name is None and not is_mapping:
            return value
        if not self.has_auth:
            place.error(f'{quoted(CURRENT_USER)} needs "auth", which the file does not have')
        elif name is None:
            place.error(f"must be {{kind: {_KIND}, path: {{kind: scalar, name: …}}}}; {_ALLOWED}")
        elif name in _PROPERTIES:
            return CurrentUser(name)
        else:
            is_foreign = name.startswith(_FOREIGN)
            problem = f"{quoted(name)} of the current user is not supported" if is_foreign else "is unknown"
            place.error(f"{problem}; {_ALLOWED}")
        return _UNUSABLE


_UNUSABLE: Final = object()


def _short(value: object) -> str | None:
    """Return the property that `$currentUser.…` names; `None` where the value is none such."""
    if not isinstance(value, str) or not value.startswith(CURRENT_USER):
        return None
    return value.removeprefix(CURRENT_USER).removeprefix(".")


def _written_out(value: dict[str, Any]) -> str | None:
    """Return the property that a mapping names; `None` where it is not one like `_KIND` needs."""
    path = value.get("path")
    is_whole = value.keys() == {"kind", "path"} and isinstance(path, dict) and path.keys() == {"kind", "name"}
    if is_whole and isinstance(path, dict) and path["kind"] == "scalar" and isinstance(path["name"], str):
        return path["name"]
    return None
