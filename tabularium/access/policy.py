"""Who may do what, decided in one place before anything is read.

The application file cannot narrow rights yet, so the built-in defaults are the whole policy: a table of roles and
actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tabularium.access.actions import ACTIONS, Action
from tabularium.access.identity import Identity
from tabularium.errors import Forbidden, NotFound, Unauthorized
from tabularium.schema.model import Field, Schema, Table, View

BUILT_IN: Final[Mapping[str, frozenset[Action]]] = {
    "admin": frozenset(ACTIONS),
    "member": frozenset({"read", "create", "update", "delete", "comment", "restore"}),
    "viewer": frozenset({"read"}),
}


_MEMBER_LEVEL: Final = 40
"""A role of the application's own has a member's rights from this level on, else a viewer's."""


def permitted(identity: Identity, table: Table) -> frozenset[Action]:
    """Return every action that one of the caller's roles may perform on the table."""
    return _permitted(identity.roles, table)


@lru_cache(maxsize=4096)
def _permitted(roles: frozenset[str], table: Table) -> frozenset[Action]:
    levels = table.role_levels
    known = (BUILT_IN.get(role) or _rights_of_level(levels.get(role)) for role in roles)
    return frozenset[Action]().union(*known)


def _rights_of_level(level: int | None) -> frozenset[Action]:
    if level is None:
        return frozenset()
    return BUILT_IN["member" if level >= _MEMBER_LEVEL else "viewer"]


def authorize(schema: Schema, identity: Identity, reference: str, action: Action) -> Table:
    """Return the table that `reference` (id or name) means, if the caller may perform `action` on it.

    Raises `NotFound` where there is no such table or the caller holds no permission on it, `Unauthorized` in the same
    case for somebody who is not signed in, and `Forbidden` where they hold others.
    """
    table = schema.find_table(reference)
    actions = permitted(identity, table) if table else frozenset()
    if table is None or not actions:
        if not identity.is_signed_in:
            raise Unauthorized
        raise NotFound("There is no such table.")
    if action not in actions:
        if not identity.is_signed_in:
            raise Unauthorized
        raise Forbidden(f"You may not {action} records of this table.")
    return table


def readable(identity: Identity, table: Table) -> tuple[Field, ...]:
    """Return the fields that exist for this caller, in configuration order. This one set gates all that is read."""
    return table.fields if "read" in permitted(identity, table) else ()


def readable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the readable fields that have a value."""
    return _names(identity.roles, table).readable


def listed_names(identity: Identity, table: Table) -> tuple[str, ...]:
    """Return the names of the fields that a record holds where nobody asks for certain ones, in configuration order."""
    return _names(identity.roles, table).listed


def writable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the fields that this caller may set: readable ones that the server does not set by itself."""
    return _names(identity.roles, table).writable


@dataclass(frozen=True, slots=True)
class _Names:
    """Sets of field names that are the same for all callers with the same roles."""

    readable: frozenset[str]
    listed: tuple[str, ...]
    writable: frozenset[str]


@lru_cache(maxsize=4096)
def _names(roles: frozenset[str], table: Table) -> _Names:
    # By roles and not by caller, so that many users do not drive one another out of the cache.
    actions = _permitted(roles, table)
    fields = table.fields if "read" in actions else ()
    return _Names(
        readable=frozenset(each.name for each in fields if each.type.has_value),
        listed=tuple(each.name for each in fields if each.type.is_listed),
        writable=frozenset(each.name for each in fields if not each.type.is_read_only)
        if actions & {"create", "update"}
        else frozenset(),
    )


def readable_views(identity: Identity, table: Table) -> tuple[View, ...]:
    """Return the views that this caller may use, in configuration order. Each also needs `read` on the table."""
    if "read" not in permitted(identity, table):
        return ()
    passed = identity.roles | ({"all", "authenticated"} if identity.is_signed_in else {"all"})
    return tuple(
        view for view in table.views if view.readers is None or view.readers & passed or "admin" in identity.roles
    )


def find_view(identity: Identity, table: Table, reference: str) -> View:
    """Return the view with this id or name. Raises `NotFound` where there is none, or none for this caller."""
    for view in readable_views(identity, table):
        if reference in (view.id, view.name):
            return view
    raise NotFound("There is no such view.")
