"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller. Without authentication every caller is `GUEST`, who has a member's rights (`docs/compatibility.md`)."""

    user_id: str | None
    roles: frozenset[str]


GUEST = Identity(user_id=None, roles=frozenset({"member"}))
