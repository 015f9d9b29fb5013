"""What came of a delete or a restore: the changes of every record that it touched, or why nothing was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tabularium.records.trash.keys import Key
from tabularium.schema.model import Table

Action = Literal["update", "delete", "permanent_delete", "restore"]


@dataclass(frozen=True, slots=True)
class Change:
    """One record that was touched, with its new revision; that of a record that is gone is the one it would have had.

    `before` and `after` are the JSON values of the links that became empty, by the names of fields.
    """

    table: Table
    key: Key
    action: Action
    revision: int
    at: str
    """The time of that revision."""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one of the records that were asked for forbids it. `index` is its place among them.

    `field` is `field` for one of the record's own, `table.field` for one of a child, and empty where the caller may not
    know of it.
    """

    index: int
    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either `changes`, those of the records that were asked for first; or reasons, and then nothing was changed.

    `missing` are the places of keys that no record has as far as the caller is concerned. They are told before
    `refused`, the places of records that a rule for rows keeps where they are, and these before `failures`, all of
    which belong to one status: `not_deleted` is 400, all others are 409.
    """

    changes: tuple[Change, ...] = ()
    missing: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
