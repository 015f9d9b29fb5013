"""One table as one caller sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tabularium.access import policy
from tabularium.access.actions import Action
from tabularium.access.identity import Identity
from tabularium.query.system_fields import SYSTEM_NAMES, system_fields
from tabularium.schema.model import Field, Table


@dataclass(frozen=True)
class CallerTable:
    """A table with what the caller may do to it, and the fields that exist for them."""

    table: Table
    identity: Identity

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def actions(self) -> frozenset[Action]:
        """What the caller may do; nothing to a table that does not exist for them."""
        return policy.permitted(self.identity, self.table)

    @property
    def reads_comments(self) -> bool:
        """Whether the caller may read the comments on records that they may read."""
        return "read" in self.actions and (self.identity.is_signed_in or self.table.comments.guest_comments)

    @cached_property
    def readable(self) -> tuple[Field, ...]:
        """The fields in answers."""
        return tuple(each for each in policy.readable(self.identity, self.table) if each.type.has_value)

    @cached_property
    def writable(self) -> tuple[Field, ...]:
        """The fields that may be sent."""
        names = policy.writable_names(self.identity, self.table)
        return tuple(each for each in self.table.fields if each.name in names)

    def seen_target(self, field: Field) -> str | None:
        """Return the name of the table that a link leads into, if that exists for the caller."""
        target = field.type.related_table
        if target is None or not policy.permitted(self.identity, self.table.sibling(target)):
            return None
        return target

    @cached_property
    def view_names(self) -> tuple[str, ...]:
        """What may name a view: the ids and the names of those that the caller may use."""
        views = policy.readable_views(self.identity, self.table)
        return tuple(dict.fromkeys(name for view in views for name in (view.id, view.name)))

    @cached_property
    def named(self) -> tuple[Field, ...]:
        """What `fields`, `sort` and `filter` may name: the readable fields, and every table's own columns.

        The other spelling of a column (`createdAt`) is left out: a list that names both is refused.
        """
        system = system_fields(self.table)
        found = {each.name: each for each in (*(system[name] for name in SYSTEM_NAMES), *self.readable)}
        return tuple(found.values())
