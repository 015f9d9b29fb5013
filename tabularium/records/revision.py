"""A stored record on its way to another state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tabularium.records.values import Candidate
from tabularium.schema.model import Field


@dataclass(slots=True)
class Revision:
    """A stored record on its way to another state.

    `stored` is the record with all its fields, in the JSON form, held against other writers; `record` is what it has
    become, with the fields that the statement of a write gives back.
    """

    candidate: Candidate
    record_id: str
    seen: str | None = None
    """The `updatedAt` that the caller has seen, if it was sent."""
    stored: dict[str, Any] = field(default_factory=dict)
    changed: tuple[Field, ...] = ()
    record: dict[str, Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the changed fields."""
        return tuple(each.name for each in self.changed)

    @property
    def place(self) -> str:
        """What paths into the request begin with: nothing, or `records.3.`."""
        return self.candidate.path.removesuffix("fields")
