"""Who may do what, decided in one place before anything is read.

The rules are data (`tabularium.schema.permissions`). What they come to depends on a caller's roles and on whether
somebody is signed in, and is worked out once for each such pair and table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from tabularium.access.actions import ACTIONS, REMOVE, UPSERT, Action, Gated
from tabularium.access.identity import Identity
from tabularium.errors import Forbidden, NotFound, Unauthorized
from tabularium.schema.auth_options import ADMIN
from tabularium.schema.model import KEY_COLUMN, Field, FieldPlace, Schema, Table, View
from tabularium.schema.permissions import Audience

_WORDS: Final[Mapping[Action, str]] = {"comment": "comment on", "permanentDelete": "permanently delete"}
"""How actions are called in messages, where that is not their name."""


@dataclass(frozen=True, slots=True)
class TableAccess:
    """What callers with the same roles may do to one table."""

    actions: frozenset[Action]
    """What is open to them. Every action but `create` needs `read` as well."""
    fields: tuple[Field, ...]
    """The fields that they may read, in configuration order. This one set gates all that is read."""
    known: frozenset[str]
    """The fields that exist for them: more than `fields` for those alone who create records and read none."""
    readable: frozenset[str]
    """The readable fields that have a value."""
    listed: tuple[str, ...]
    """The fields that a record holds where nobody asks for certain ones, in configuration order."""
    writable: frozenset[str]
    """The fields that they may set: known ones that the server does not set by itself."""
    plain: frozenset[str]
    """The readable fields that are displayed as their values, since they show fields that these callers cannot read."""


@lru_cache(maxsize=4096)
def _access(roles: frozenset[str], is_signed_in: bool, table: Table) -> TableAccess:
    # By roles and not by caller, so that many users do not drive one another out of the cache.
    caller = _Caller(roles, is_signed_in)
    actions = caller.actions(table)
    known = tuple(each for each in table.fields if caller.knows(table, each)) if actions else ()
    fields = known if "read" in actions else ()
    return TableAccess(
        actions=actions,
        fields=fields,
        known=frozenset(each.name for each in known),
        readable=frozenset(each.name for each in fields if each.type.has_value),
        listed=tuple(each.name for each in fields if each.type.is_listed),
        writable=frozenset(each.name for each in known if caller.writes(table, each, actions)),
        plain=frozenset(each.name for each in fields if not caller.sees_display(table, each)),
    )


@dataclass(frozen=True, slots=True)
class _Caller:
    """Callers with the same roles, and what was found out of them so far."""

    roles: frozenset[str]
    is_signed_in: bool
    found: dict[FieldPlace, bool] = field(default_factory=dict)
    displayed: dict[FieldPlace, bool] = field(default_factory=dict)

    def passes(self, audience: Audience) -> bool:
        return audience.admits(self.roles, is_signed_in=self.is_signed_in)

    def actions(self, table: Table) -> frozenset[Action]:
        rules = table.permissions.actions
        is_reader = self.passes(rules["read"])
        return frozenset(
            action
            for action in ACTIONS
            if (is_reader or action == "create")
            and (self.is_signed_in or _is_for_anonymous(action, table))
            and self.passes(rules[action])
        )

    def knows(self, table: Table, each: Field) -> bool:
        """Say whether a field exists for the caller, who may use its table.

        A computed field without a rule of its own does where all that it reads may be read.
        """
        place = FieldPlace(table.name, each.name)
        if place not in self.found:
            rule = table.permissions.fields.get(each.name)
            if rule is not None and rule.read is not None:
                self.found[place] = self.passes(rule.read)
            else:
                self.found[place] = not each.type.is_computed or all(self._reads(table, other) for other in each.reads)
        return self.found[place]

    def writes(self, table: Table, each: Field, actions: frozenset[Action]) -> bool:
        """Say whether the caller may set a field that they know."""
        if each.type.is_read_only or not actions & {"create", "update"}:
            return False
        rule = table.permissions.fields.get(each.name)
        return rule is None or rule.write is None or self.passes(rule.write)

    def sees_display(self, table: Table, each: Field) -> bool:
        """Say whether the caller may read the fields of other records that a field is displayed by."""
        place = FieldPlace(table.name, each.name)
        if place not in self.displayed:
            shown = each.shows is None or self._reads(table, each.shows)
            behind = each.reads if each.type.is_computed else ()
            self.displayed[place] = shown and all(
                self.sees_display(other, other.by_name[needed.field])
                for needed in behind
                if needed.field != KEY_COLUMN
                for other in (_table(table, needed),)
            )
        return self.displayed[place]

    def _reads(self, table: Table, place: FieldPlace) -> bool:
        other = _table(table, place)
        if other is not table and "read" not in self.actions(other):
            return False
        return place.field == KEY_COLUMN or self.knows(other, other.by_name[place.field])


def _is_for_anonymous(action: Action, table: Table) -> bool:
    """Say whether an action can be open to somebody who is not signed in, whatever its rule says."""
    if action == "comment":
        return table.comments.guests_post
    # The trash is not shown to them, so there is nothing that they could bring back.
    return action != "restore"


def _table(table: Table, place: FieldPlace) -> Table:
    return table if place.table == table.name else table.sibling(place.table)


def seen(schema: Schema, identity: Identity) -> Schema:
    """Return the schema as the caller sees it: rules for rows bind everybody but administrators."""
    return schema.unruled if ADMIN in identity.roles else schema


def access(identity: Identity, table: Table) -> TableAccess:
    """Return what the caller may do to the table and to its fields."""
    return _access(identity.roles, identity.is_signed_in, table)


def permitted(identity: Identity, table: Table) -> frozenset[Action]:
    """Return every action that is open to the caller; none for a table that does not exist for them."""
    return access(identity, table).actions


def authorize(schema: Schema, identity: Identity, reference: str, action: Gated) -> Table:
    """Return the table that `reference` (id or name) means, if the caller may perform `action` on it.

    Raises `NotFound` where there is no such table or the caller holds no permission on it, `Unauthorized` in the same
    case for somebody who is not signed in, and `Forbidden` where they hold others.
    """
    table = seen(schema, identity).find_table(reference)
    actions = permitted(identity, table) if table else frozenset()
    if table is None or not actions:
        if not identity.is_signed_in:
            raise Unauthorized
        raise NotFound("There is no such table.")
    if action == "remove":
        require(identity, table, next((each for each in REMOVE if each in actions), REMOVE[0]))
    elif action == "readComments":
        require(identity, table, "read")
        if not (identity.is_signed_in or table.comments.guest_comments):
            raise Unauthorized
    elif action != "any":
        for each in UPSERT if action == "upsert" else (action,):
            require(identity, table, each)
    return table


def require(identity: Identity, table: Table, action: Action) -> None:
    """Raise unless the caller, for whom the table exists, may perform an action on it."""
    if action not in permitted(identity, table):
        if not identity.is_signed_in:
            raise Unauthorized
        raise Forbidden(f"You may not {_WORDS.get(action, action)} records of this table.")


def require_administrator(identity: Identity) -> None:
    """Raise unless the caller is an administrator. Without authentication nobody is."""
    if ADMIN not in identity.roles:
        if not identity.is_signed_in:
            raise Unauthorized
        raise Forbidden("Only administrators may do this.")


def readable(identity: Identity, table: Table) -> tuple[Field, ...]:
    """Return the fields that exist for this caller, in configuration order. This one set gates all that is read."""
    return access(identity, table).fields


def readable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the readable fields that have a value."""
    return access(identity, table).readable


def listed_names(identity: Identity, table: Table) -> tuple[str, ...]:
    """Return the names of the fields that a record holds where nobody asks for certain ones, in configuration order."""
    return access(identity, table).listed


def writable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the fields that this caller may set."""
    return access(identity, table).writable


def readable_views(identity: Identity, table: Table) -> tuple[View, ...]:
    """Return the views that this caller may use, in configuration order. Each also needs `read` on the table."""
    if "read" not in permitted(identity, table):
        return ()
    return tuple(
        view
        for view in table.views
        if view.readers is None or view.readers.admits(identity.roles, is_signed_in=identity.is_signed_in)
    )


def find_view(identity: Identity, table: Table, reference: str) -> View:
    """Return the view with this id or name. Raises `NotFound` where there is none, or none for this caller."""
    for view in readable_views(identity, table):
        if reference in (view.id, view.name):
            return view
    raise NotFound("There is no such view.")
