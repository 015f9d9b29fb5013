"""What can be done to a table, in the words of the application file."""

from __future__ import annotations

from typing import Final, Literal

from tabularium.schema.permissions import ACTIONS, Action

__all__ = ["ACTIONS", "UPSERT", "Action", "Gated"]

Gated = Action | Literal["any", "upsert"]
"""What an operation needs: one action, whichever of them, or both of those that an upsert consists of."""

UPSERT: Final[tuple[Action, ...]] = ("create", "update")
