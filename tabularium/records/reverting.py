"""Put the values of a former revision back: an update whose values the history has, in place of a request.

The history tells what each revision has changed, so the values after one are found by going back from the newest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from tabularium import json_text
from tabularium.access import policy
from tabularium.context import Context
from tabularium.db.database import Row
from tabularium.db.kept_changes import changes_by_id
from tabularium.errors import Conflict, NotFound, ValidationFailed
from tabularium.events.changes import table_id
from tabularium.query.expected import Expected
from tabularium.records import preconditions, recording, refusals, returning, updating, values
from tabularium.records.former_values import FormerValues
from tabularium.records.history_statements import page_sql
from tabularium.records.revision import Revision
from tabularium.records.values import Candidate
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.model import Field, Table

PAGE: Final = 500
"""So many entries are read at once: a history may be long, and its values large."""


async def revert(
    context: Context, table: Table, record_id: str, to: int, expected: Expected | None = None
) -> dict[str, Any]:
    """Give a live record the values that it had after the revision `to`, and return it.

    One that has them already gets no new revision. Raises `NotFound` where the caller sees no such record, or its
    history lacks a revision from there on; `Forbidden` for rules of rows and for fields that the caller may not set;
    `PreconditionFailed` where it is not as `expected`; `Conflict` with every value that does not fit any more.
    """
    revision = Revision(Candidate("fields", key=table.primary_key.parse(record_id)), record_id)
    await updating.hold_all(context, table, [revision])
    former = await _former_values(context, table, revision.stored, to)
    updating.read_changes(context, table, _differing(context, table, former, revision.stored), revision.candidate)
    refusals.refuse_forbidden([revision.candidate])
    await _judge(context, table, revision, expected)
    try:
        await updating.apply(context, table, [revision], returning.returned_names(context, table), reverted_to=to)
    except ValidationFailed as late:  # another writer was faster; nothing that the caller has sent is wrong
        raise Conflict(late.message, late.errors) from late
    return await returning.complete_one(context, table, revision.record or revision.stored)


async def _judge(context: Context, table: Table, revision: Revision, expected: Expected | None) -> None:
    """Raise for everything that forbids to store the revision: its values were valid once."""
    updating.settle(context, table, revision)
    broken = await updating.judge(context, table, [revision])
    refusals.refuse_rows([revision.candidate], broken.forbidden)
    await preconditions.require(context, table, revision.stored, expected)
    unfit = [*revision.candidate.errors, *broken.invalid, *broken.taken]
    if unfit:
        raise refusals.refusal(context, table, [revision.candidate], [], unfit)


async def _former_values(context: Context, table: Table, stored: Mapping[str, Any], to: int) -> FormerValues:
    """Return the values after a revision of the fields that later ones have changed.

    Raises `NotFound` where an entry from there on is missing: the values that it told of cannot be known.
    """
    former = FormerValues(table, stored["fields"])
    following = stored["revision"]
    if to <= following:
        async for row in _entries(context, table, stored):
            _, revision, action, _, _, _, changes, _ = row
            if revision != following or _is_of_former_record(action, changes):
                continue
            if revision == to:
                return former
            former.undo({} if changes is None else changes_by_id(changes, json_text.load_plain))
            following -= 1
    raise NotFound("There is no such revision of this record.")


async def _entries(context: Context, table: Table, stored: Mapping[str, Any]) -> AsyncIterator[Row]:
    """Yield the entries of a record, the newest first, back to its creation."""
    of_record = (table_id(table), stored["id"])
    after: tuple[Any, ...] = ()
    while True:
        text = page_sql(context.session.dialect, descending=True, has_after=bool(after), has_offset=False)
        page = await context.session.fetch_all(text, (*of_record, *after, PAGE))
        for row in page:
            if row[3] < stored["createdAt"]:
                return
            yield row
        if len(page) < PAGE:
            return
        entry, _, _, created_at, *_ = page[-1]
        after = (created_at, entry)


def _is_of_former_record(action: str, changes: str | None) -> bool:
    """Say whether an entry is left of a record that had the same key and was removed for good, in the same instant."""
    return action == "permanent_delete" or (changes is None and action in ("create", "update", "revert"))


def _differing(context: Context, table: Table, former: FormerValues, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the former values, by name, of the fields that the caller may read and that have others now."""
    readable = policy.readable_names(context.identity, table)
    return {
        each.name: former[each]
        for each in recording.recorded_fields(table)
        if each in former
        and each.name in readable
        and not each.type.is_read_only
        and _differs(each, former[each], stored["fields"][each.name])
    }


def _differs(found: Field, value: Any, stored: Any) -> bool:
    """Say whether a value of the history, also one that does not fit any more, is another than the stored one."""
    if json_text.dump(value) == json_text.dump(stored):
        return False
    try:
        parsed = None if value is None else found.type.parse(value, "write")
    except InvalidValue:
        return True
    return bool(values.to_json(found, parsed) != stored)
