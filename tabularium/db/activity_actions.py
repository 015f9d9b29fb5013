"""The names of what the activity log tells, by category."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

Category = Literal["records", "auth", "admin", "system"]
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)


def _below(subject: str, *deeds: str) -> tuple[str, ...]:
    return tuple(f"{subject}.{deed}" for deed in deeds)


_ACTIONS: Final[dict[Category, tuple[str, ...]]] = {
    "records": (
        *("create", "update", "delete", "restore", "permanent_delete", "revert"),
        *_below("comment", "created", "updated", "deleted", "moderated"),
    ),
    "auth": (
        *_below("user", "created", "updated", "removed", "locked", "signed_in", "sign_in_failed", "signed_out"),
        *_below("email", "verified", "changed"),
        *_below("password", "changed", "reset"),
        "sessions.revoked",
        *_below("account", "linked", "unlinked"),
        *_below("two_factor", "enabled", "disabled"),
        "backup_code.used",
        "backup_codes.generated",
        *_below("api_key", "created", "updated", "deleted"),
        "invitation.accepted",
        *_below("erasure", "scheduled", "cancelled"),
    ),
    "admin": (
        *_below("user", "created", "updated", "removed", "banned", "unbanned"),
        *("role.changed", "password.changed", "sessions.revoked", "invitation.sent"),
        *_below("impersonation", "started", "stopped"),
    ),
    "system": ("config.migrated", "admin.bootstrapped", "erasure.completed"),
}
ACTIONS: Final[Mapping[Category, tuple[str, ...]]] = MappingProxyType(_ACTIONS)
"""Some names are both of `auth`, where people did it to their own account, and of `admin`."""


def categories_of(action: str) -> tuple[Category, ...]:
    """Return the categories that have an action."""
    return tuple(category for category, actions in ACTIONS.items() if action in actions)
