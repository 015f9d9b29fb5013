"""What can be done to a table, in the words of the application file."""

from __future__ import annotations

from typing import Final, Literal

from tabularium.schema.permissions import ACTIONS, Action

__all__ = ["ACTIONS", "REMOVE", "UPSERT", "Action", "Gated"]

Gated = Action | Literal["any", "upsert", "remove", "readComments"]
"""What an operation needs: one action, whichever of them, both of those that an upsert consists of, or one of the two
ways to remove records; which of these, the handler reads in the body. Comments are read by whoever reads records; of
those who are not signed in, where the table has guests."""

UPSERT: Final[tuple[Action, ...]] = ("create", "update")
REMOVE: Final[tuple[Action, ...]] = ("delete", "permanentDelete")
