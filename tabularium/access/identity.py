"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller. Without authentication every caller is `GUEST`, who has a member's rights (`docs/compatibility.md`)."""

    user_id: str | None
    roles: frozenset[str]
    is_signed_in: bool = True
    """Whether the caller passes where every signed-in caller does."""
    name: str = ""
    """The user's name, as it is now: entries of what they do keep a copy."""
    email: str | None = None
    impersonated_by: str | None = None
    """The administrator who acts as the user."""


GUEST = Identity(user_id=None, roles=frozenset({"member"}))
"""Everybody, in an application without authentication."""
ANONYMOUS = Identity(user_id=None, roles=frozenset(), is_signed_in=False)
"""Somebody who is not signed in, in an application with authentication."""
