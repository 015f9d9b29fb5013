"""The event of records that were changed, and the JSON of what has changed in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from tabularium import json_text
from tabularium.access.identity import Identity
from tabularium.db.activity import Actor
from tabularium.db.database import Session
from tabularium.db.kept_changes import key_of
from tabularium.schema.model import Field, Table

RecordAction = Literal["create", "update", "delete", "restore", "permanent_delete", "revert"]

Difference = tuple[Field, Mapping[str, Any]]
"""A field with `{"from", "to"}`: its value before and after, both in JSON form."""


class RecordChange(NamedTuple):
    """What happened to one record: its new revision, whose time is `at`."""

    record_id: str
    """As answers have it."""
    revision: int
    at: str
    differences: Sequence[Difference] = ()
    """Of an update or a revert."""
    created: Mapping[str, Any] | None = None
    """Of a create the values in JSON form by `kept_key`, without fields that stay empty."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who had it done, and by which request. Nobody: the server itself, or somebody who is not signed in."""

    by: Identity | None = None
    request_id: str = ""

    @property
    def author(self) -> Actor | None:
        """The user as entries name them; `None` for nobody."""
        by = self.by
        if by is None or not (by.user_id or by.name):
            return None
        return Actor(by.user_id, by.name, by.email or None)


SERVER: Final = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsChanged:
    """What one write did to records of one table."""

    table: Table
    action: RecordAction
    changes: Sequence[RecordChange]
    origin: Origin = SERVER
    reverted_to: int | None = None
    """The revision whose values a revert put back."""

    @property
    def table_id(self) -> str:
        """The id of the table, which it keeps when it is renamed."""
        return table_id(self.table)

    @property
    def has_values(self) -> bool:
        """Whether entries tell what has changed."""
        return self.action in ("create", "update", "revert")


Listener = Callable[[Session, RecordsChanged], Awaitable[None]]
"""Writes what an event means to it, in the transaction of the event."""


def table_id(table: Table) -> str:
    """Return the id under which entries are kept; a table that no database has numbered has its name."""
    return table.id or table.name


def field_id(each: Field) -> str:
    """Return the id under which changes of a field are kept, which it keeps when it is renamed."""
    return each.id or each.name


def kept_key(each: Field) -> str:
    """Return the key under which entries keep changes of a field."""
    return key_of(field_id(each), each.name)


def changes_text(change: RecordChange) -> str:
    """Write what has changed as entries keep it (`tabularium.db.kept_changes`)."""
    if change.created is not None:
        return json_text.dump([change.created]).decode()
    return json_text.dump({kept_key(each): values for each, values in change.differences}).decode()
