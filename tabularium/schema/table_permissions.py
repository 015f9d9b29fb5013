"""The blocks `permissions` of all tables: read, checked, inherited, and every default filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tabularium.config.blocks import MAX_FIELDS
from tabularium.config.nodes import Place
from tabularium.config.permission_blocks import (
    AdminOverrideBlock,
    FieldPermissionBlock,
    OverrideBlock,
    PermissionsBlock,
)
from tabularium.config.problems import quoted
from tabularium.config.validate import is_mapping, list_items, read_block
from tabularium.schema.audiences import Access, Rule, read_audience
from tabularium.schema.drafts import TableDraft
from tabularium.schema.keys import Tables
from tabularium.schema.permission_gaps import warn_of_gaps
from tabularium.schema.permissions import (
    ACTIONS,
    ADMINS,
    EVERYONE,
    Action,
    Audience,
    FieldRule,
    TablePermissions,
    built_in_audiences,
)

_ACCESSES: Final[tuple[Access, ...]] = ("read", "write")
_KEPT_FOR_ADMINS: Final[tuple[Action, ...]] = ("read", "create", "update", "delete")


@dataclass(slots=True)
class Rules:
    """The rules that a table sets or inherits, by action, and by field and access. What is missing is built in."""

    actions: dict[Action, Rule] = field(default_factory=dict)
    fields: dict[tuple[str, Access], Rule] = field(default_factory=dict)

    def over(self, lower: Rules) -> Rules:
        """Return these rules on top of others."""
        return Rules({**lower.actions, **self.actions}, {**lower.fields, **self.fields})

    def inherited(self, place: Place, names: Mapping[str, object]) -> Rules:
        """Return the rules as a table with these fields has them, which inherits them at `place`."""
        fields = {key: Rule(rule.audience, place) for key, rule in self.fields.items() if key[0] in names}
        return Rules({key: Rule(rule.audience, place) for key, rule in self.actions.items()}, fields)


def configured_permissions(
    drafts: Sequence[TableDraft],
    tables: Tables,
    levels: Mapping[str, int],
    guests: Collection[str] = (),
    *,
    has_auth: bool,
) -> list[TablePermissions]:
    """Read the permissions of tables whose fields are resolved, in their order, and report what is wrong with them.

    `levels` has every role of the application, `guests` the tables that guests comment on.
    """
    reading = _Reading(tables, levels)
    audiences = built_in_audiences(levels)
    # Where guests comment, everybody does, unless the file says who.
    with_guests: dict[Action, Audience] = {**audiences, "comment": EVERYONE}
    found = [(draft, reading.rules_of(draft)) for draft in drafts]
    for draft, rules in found:
        actions = {action: rule.audience for action, rule in rules.actions.items()}
        warn_of_gaps(draft, rules.actions, rules.fields, audiences | actions, levels, has_auth=has_auth)
        if has_auth and draft.name in guests and not (audiences | actions)["read"].includes_anonymous:
            block = draft.place.at("comments")
            block.at("guestComments").warn('has no effect, since "read" is not open to all')
    return [_permissions(rules, with_guests if draft.name in guests else audiences) for draft, rules in found]


def _permissions(rules: Rules, built_in: Mapping[Action, Audience]) -> TablePermissions:
    actions = {action: rule.audience for action, rule in rules.actions.items()}
    fields: dict[str, FieldRule] = {}
    for name in dict.fromkeys(name for name, _ in rules.fields):
        read, write = (rules.fields.get((name, access)) for access in _ACCESSES)
        fields[name] = FieldRule(read.audience if read else None, write.audience if write else None)
    return TablePermissions({**built_in, **actions}, fields)


class _Reading:
    """One pass over all tables, each of which is read once, its parent first."""

    def __init__(self, tables: Tables, levels: Mapping[str, int]) -> None:
        self._tables = tables
        self._levels = levels
        self._found: dict[str, Rules] = {}
        self._trail: list[str] = []

    def rules_of(self, draft: TableDraft) -> Rules:
        """Return the rules of a table with those that it inherits."""
        if draft.name not in self._found:
            self._trail.append(draft.name)
            self._found[draft.name] = self._read(draft)
            self._trail.pop()
        return self._found[draft.name]

    def _read(self, draft: TableDraft) -> Rules:
        place = draft.place.child("permissions")
        block = read_block(place, PermissionsBlock) if place is not None else None
        if place is None or not place.entries:
            return Rules()
        override = place.child("override")
        above = Rules()
        if override is not None and is_mapping(override):
            read_block(override, OverrideBlock)
            kept = Rules(dict(self._kept_for_admins(override.child("admin"))))
            above = kept.over(self._layer(draft, override))
        own = self._layer(draft, place)
        parent = Rules() if block is None or block.inherit is None else self._parent(draft, place.at("inherit"))
        return above.over(own.over(parent))

    def _parent(self, draft: TableDraft, place: Place) -> Rules:
        parent = self._tables.find(str(place.value), place)
        if parent is None:
            return Rules()
        if parent.name in self._trail:
            circle = [*self._trail[self._trail.index(parent.name) :], parent.name]
            place.error(f"tables inherit from one another in a circle: {' → '.join(circle)}")
            return Rules()
        return self.rules_of(parent).inherited(place, draft.fields)

    def _layer(self, draft: TableDraft, place: Place) -> Rules:
        """Read the actions and fields of one mapping, whose block is checked apart."""
        actions = {}
        for action in ACTIONS:
            audience = read_audience(place, action, self._levels)
            if audience is not None:
                actions[action] = Rule(audience, place.at(action))
        return Rules(actions, dict(self._fields(draft, place.child("fields"))))

    def _kept_for_admins(self, place: Place | None) -> Iterator[tuple[Action, Rule]]:
        if place is None:
            return
        read_block(place, AdminOverrideBlock)
        for action in _KEPT_FOR_ADMINS:
            if place.child(action) is not None:
                yield action, Rule(ADMINS, place.at(action))

    def _fields(self, draft: TableDraft, place: Place | None) -> Iterator[tuple[tuple[str, Access], Rule]]:
        taken: set[str] = set()
        for item in list_items(place, 1, MAX_FIELDS):
            block = read_block(item, FieldPermissionBlock)
            if block is None:
                continue
            name = block.field
            if name in taken:
                item.at("field").error(f"{quoted(name)} stands here twice")
            elif name not in draft.fields:
                draft.field_type(name, item.at("field"))  # reports it
            elif not any(access in item.entries for access in _ACCESSES):
                item.error('needs "read" or "write"')
            taken.add(name)
            for access in _ACCESSES:
                audience = read_audience(item, access, self._levels)
                if audience is not None:
                    yield (name, access), Rule(audience, item.at(access))
