"""What a write did to records, in the words of history and activity log: which fields have which values now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tabularium.context import Context
from tabularium.events import Difference, RecordChange
from tabularium.events.changes import kept_key
from tabularium.records.revision import Revision
from tabularium.records.seen_links import Hidden, with_hidden
from tabularium.records.values import stored_fields, to_json
from tabularium.schema.model import Field, Table


async def record_created(
    context: Context, table: Table, records: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> None:
    """Record that records were stored, whose fields, those that a write sets, are `held` in the same order."""
    changes = [
        RecordChange(record["id"], record["revision"], record["createdAt"], created=_given(table, values))
        for record, values in zip(records, held, strict=True)
    ]
    await context.record_changes(table, "create", changes)


def _given(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for name, key, is_apart in _named(table)
        if (value := values[name]) is not None and not (is_apart and not value)
    }


@lru_cache(maxsize=1024)
def _named(table: Table) -> tuple[tuple[str, str, bool], ...]:
    return tuple((each.name, kept_key(each), each.type.is_stored_apart) for each in recorded_fields(table))


def update_of(table: Table, revision: Revision, record: Mapping[str, Any], hidden: Hidden) -> RecordChange:
    """Return what an update did to a record, from what was stored to what it is now.

    Of links all are told, also the `hidden` ones that the caller does not see: who reads it sees what they may.
    """
    differences = tuple(_changed(table, revision, each, hidden) for each in revision.changed if not each.type.set_on)
    return RecordChange(record["id"], record["revision"], record["updatedAt"], differences)


def _changed(table: Table, revision: Revision, field: Field, hidden: Hidden) -> Difference:
    before = revision.stored["fields"][field.name]
    after = to_json(field, revision.candidate.values[field.name])
    unseen = hidden.get((revision.record_id, field.name))
    if not unseen:
        return field, {"from": before, "to": after}
    seen = with_hidden(table, field, before, unseen), with_hidden(table, field, after, unseen)
    return field, {"from": seen[0], "to": seen[1]}


@lru_cache(maxsize=1024)
def recorded_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields whose changes are told.

    Those that hold who makes a change are none of them: every entry says that itself, and forgets it with the user.
    """
    return tuple(each for each in stored_fields(table) if not each.type.set_on)
