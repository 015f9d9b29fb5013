"""What a caller expects of a record or a comment before it is changed: that it still is as they have seen it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """The revisions that will do, each with the id of what has it; `is_any`: every one of what exists."""

    revisions: frozenset[tuple[str, int]] = frozenset()
    is_any: bool = False

    def admits(self, thing_id: str, revision: int) -> bool:
        """Say whether a record or a comment in this revision will do."""
        return self.is_any or (thing_id, revision) in self.revisions
