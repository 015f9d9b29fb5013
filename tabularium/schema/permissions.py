"""Who may do what to a table, as data: audiences by action and by field, every default filled in.

The build makes it of the application file; `tabularium.access.policy` decides by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from tabularium.schema.auth_options import ADMIN, BUILT_IN_LEVELS

Action = Literal["read", "create", "update", "delete", "comment", "restore", "permanentDelete"]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
"""What can be done to a table, in the words of the application file."""

RowAction = Literal["read", "create", "write", "delete"]

ROW_ACTIONS: Final[tuple[RowAction, ...]] = get_args(RowAction)
"""What a rule for rows is about, in the words of the application file."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a rule admits: some roles, every signed-in caller, or everyone. The role `admin` passes every rule."""

    roles: frozenset[str] = frozenset()
    includes_signed_in: bool = False
    includes_anonymous: bool = False

    def admits(self, roles: frozenset[str], *, is_signed_in: bool) -> bool:
        """Say whether a caller with these roles passes."""
        if self.includes_anonymous or (is_signed_in and self.includes_signed_in):
            return True
        return ADMIN in roles or not self.roles.isdisjoint(roles)


EVERYONE: Final = Audience(includes_signed_in=True, includes_anonymous=True)
"""What the file calls `all`."""
SIGNED_IN: Final = Audience(includes_signed_in=True)
"""What the file calls `authenticated`."""
ADMINS: Final = Audience(frozenset({ADMIN}))

_LEAST_LEVELS: Final[Mapping[Action, int | None]] = MappingProxyType(
    {
        "read": 0,
        "create": BUILT_IN_LEVELS["member"],
        "update": BUILT_IN_LEVELS["member"],
        "delete": BUILT_IN_LEVELS["member"],
        "comment": BUILT_IN_LEVELS["member"],
        "restore": BUILT_IN_LEVELS["member"],
        "permanentDelete": None,
    }
)
"""The level from which on a role may do what the file says nothing of; `None`: administrators only."""


def built_in_audiences(levels: Mapping[str, int]) -> dict[Action, Audience]:
    """Return whom each action is open to where the file does not name it. `levels` has every role there is."""
    return {
        action: Audience(
            frozenset(role for role, level in levels.items() if role == ADMIN or (least is not None and level >= least))
        )
        for action, least in _LEAST_LEVELS.items()
    }


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What narrows one field; `None` where only the rules of the table hold."""

    read: Audience | None = None
    write: Audience | None = None


@dataclass(frozen=True, slots=True)
class TablePermissions:
    """The rules of one table: an audience for every action, and those fields that have rules of their own."""

    actions: Mapping[Action, Audience]
    fields: Mapping[str, FieldRule] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class RowRule:
    """Which rows of a table something may be done to."""

    condition: object
    """The planned form (`tabularium.query.conditions`), which names stored fields and system columns alone."""
    fields: frozenset[str]
    """The names of those."""


BUILT_IN: Final = TablePermissions(MappingProxyType(built_in_audiences(BUILT_IN_LEVELS)))
"""The rules of a table of which the file says nothing, in an application without roles of its own."""
