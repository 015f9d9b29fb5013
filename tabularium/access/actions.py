"""What can be done to a table, in the words of the application file."""

from __future__ import annotations

from typing import Final, Literal, get_args

Action = Literal["read", "create", "update", "delete", "comment", "restore", "permanentDelete"]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
