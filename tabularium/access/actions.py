"""What can be done to a table, in the words of the application file."""

from __future__ import annotations

from typing import Literal

from tabularium.schema.permissions import ACTIONS, Action

__all__ = ["ACTIONS", "Action", "Gated"]

Gated = Action | Literal["any"]
"""What an operation needs: one action, or whichever of them."""
