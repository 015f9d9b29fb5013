"""Who may do what, decided in one place before anything is read.

The application file cannot narrow rights yet, so the built-in defaults are the whole policy: a table of roles and
actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from tabularium.access.actions import ACTIONS, Action
from tabularium.access.identity import Identity
from tabularium.errors import Forbidden, NotFound
from tabularium.schema.model import Field, Schema, Table, View

BUILT_IN: Final[Mapping[str, frozenset[Action]]] = {
    "admin": frozenset(ACTIONS),
    "member": frozenset({"read", "create", "update", "delete", "comment", "restore"}),
    "viewer": frozenset({"read"}),
}


@lru_cache(maxsize=4096)
def permitted(identity: Identity, table: Table) -> frozenset[Action]:
    """Return every action that one of the caller's roles may perform on the table."""
    del table  # The same for every table until the application file can say otherwise.
    return frozenset[Action]().union(*(BUILT_IN.get(role, frozenset()) for role in identity.roles))


def authorize(schema: Schema, identity: Identity, reference: str, action: Action) -> Table:
    """Return the table that `reference` (id or name) means, if the caller may perform `action` on it.

    Raises `NotFound` where there is no such table or the caller holds no permission on it, `Forbidden` where they hold
    others.
    """
    table = schema.find_table(reference)
    actions = permitted(identity, table) if table else frozenset()
    if table is None or not actions:
        raise NotFound("There is no such table.")
    if action not in actions:
        raise Forbidden(f"You may not {action} records of this table.")
    return table


@lru_cache(maxsize=4096)
def readable(identity: Identity, table: Table) -> tuple[Field, ...]:
    """Return the fields that exist for this caller, in configuration order. This one set gates all that is read."""
    return table.fields if "read" in permitted(identity, table) else ()


@lru_cache(maxsize=4096)
def readable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the readable fields that have a value."""
    return frozenset(each.name for each in readable(identity, table) if each.type.has_value)


@lru_cache(maxsize=4096)
def listed_names(identity: Identity, table: Table) -> tuple[str, ...]:
    """Return the names of the fields that a record holds where nobody asks for certain ones, in configuration order."""
    return tuple(each.name for each in readable(identity, table) if each.type.is_listed)


@lru_cache(maxsize=4096)
def writable_names(identity: Identity, table: Table) -> frozenset[str]:
    """Return the names of the fields that this caller may set: readable ones that the server does not set by itself."""
    if not permitted(identity, table) & {"create", "update"}:
        return frozenset()
    return frozenset(each.name for each in readable(identity, table) if not each.type.is_read_only)


@lru_cache(maxsize=4096)
def readable_views(identity: Identity, table: Table) -> tuple[View, ...]:
    """Return the views that this caller may use, in configuration order. Each also needs `read` on the table."""
    if "read" not in permitted(identity, table):
        return ()
    # Without authentication a guest also counts as everybody and as somebody who is signed in.
    passed = identity.roles | {"all", "authenticated"}
    return tuple(
        view for view in table.views if view.readers is None or view.readers & passed or "admin" in identity.roles
    )


def find_view(identity: Identity, table: Table, reference: str) -> View:
    """Return the view with this id or name. Raises `NotFound` where there is none, or none for this caller."""
    for view in readable_views(identity, table):
        if reference in (view.id, view.name):
            return view
    raise NotFound("There is no such view.")
