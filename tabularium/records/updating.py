"""Change stored records: one, or up to a thousand of one table in a few statements.

Every rule is asked before anything is written, in the order of the API: names, rows, single fields, values, what has
changed meanwhile, values that are taken. All failures of one kind are reported together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from tabularium.access import policy
from tabularium.clock import next_instant, same_instant
from tabularium.context import Context
from tabularium.db.database import CheckViolation, ForeignKeyViolation, UniqueViolation
from tabularium.db.pieces import pieces, rows_at_once
from tabularium.errors import Conflict, FieldError
from tabularium.query import authors_of, record_columns
from tabularium.query.rows import values_at
from tabularium.records import links, recording, refusals, rules, statements, targets, values
from tabularium.records.revision import Revision
from tabularium.records.rules import Broken
from tabularium.records.seen_links import hidden_links
from tabularium.records.values import Candidate
from tabularium.schema.model import Field, Table

VIOLATIONS: Final = (UniqueViolation, ForeignKeyViolation, CheckViolation)


Check = Callable[[Sequence[Revision]], Awaitable[None]]
"""Raises for what else a caller has made a condition: asked after the values, ahead of what has changed or is taken."""


def read_changes(context: Context, table: Table, sent: Mapping[str, Any], candidate: Candidate) -> None:
    """Read the values that shall be changed; failures are noted in the candidate."""
    values.read_values(table, sent, policy.access(context.identity, table), candidate, "write")
    values.check_required(table, candidate)


async def change(
    context: Context, table: Table, revisions: Sequence[Revision], names: tuple[str, ...], check: Check | None = None
) -> None:
    """Store revisions whose values were read, each of another record; each gets its `record` with the fields `names`.

    Raises what `tabularium.errors` has for the first step of the order that something fails in.
    """
    refusals.refuse_unknown(context, table, [each.candidate for each in revisions])
    await hold_all(context, table, revisions)
    refusals.refuse_forbidden([each.candidate for each in revisions])
    for each in revisions:
        settle(context, table, each)
    broken = await judge(context, table, revisions)
    candidates = [each.candidate for each in revisions]
    refusals.refuse_rows(candidates, broken.forbidden)
    refusals.refuse(context, table, candidates, broken.invalid, [])
    if check is not None:
        await check(revisions)
    _refuse_stale(revisions)
    taken = [*broken.taken, *rules.taken_twice(table, candidates, context.session.dialect)]
    if len(revisions) > 1 and (taken or _may_meet(table, revisions)):
        await _apply_in_turn(context, table, revisions, names)
        return
    refusals.refuse(context, table, candidates, [], taken)
    await apply(context, table, revisions, names)


async def hold_all(context: Context, table: Table, revisions: Sequence[Revision]) -> None:
    """Hold the stored records, each of which its revision then has.

    Raises `NotFound` for those that the caller may not see, `Forbidden` by their rule.
    """
    held = await hold(context, table, [key for each in revisions if (key := each.candidate.key) is not None])
    missing = [each for each in revisions if each.candidate.key not in held]
    if missing:
        raise refusals.no_such_records([(f"{each.place}id", each.record_id) for each in missing if each.place])
    refused = [each for each in revisions if each.candidate.key is not None and not held[each.candidate.key][0]]
    if refused:
        paths = [each.place.removesuffix(".") for each in refused if each.place]
        raise refusals.forbidden_records("You may not change this record.", paths)
    for each in revisions:
        if each.candidate.key is not None:
            each.stored = held[each.candidate.key][1]


def _may_meet(table: Table, revisions: Sequence[Revision]) -> bool:
    """Say whether only the database can tell if two of the revisions want one unique value.

    So it is with a group of which some fields stay as they are stored, and an index that does not count every row.
    """
    for index in table.indexes:
        if index.unique and (index.where is not None or len(index.fields) > 1):
            names = {*index.fields, *(table.by_name if index.where else ())}
            if sum(not names.isdisjoint(each.names) for each in revisions) > 1:
                return True
    return False


async def _apply_in_turn(context: Context, table: Table, revisions: Sequence[Revision], names: tuple[str, ...]) -> None:
    """Store revisions one after the other: what one gives up is free for those after it."""
    candidates = [each.candidate for each in revisions]
    taken: list[FieldError] = []
    for each in revisions:
        found = (await judge(context, table, [each])).taken
        taken += found
        if not found:
            await apply(context, table, [each], names)
    if taken:  # of those that want one value, all are told
        twice = rules.taken_twice(table, candidates, context.session.dialect)
        places = {each.candidate.path: place for place, each in enumerate(revisions)}
        taken = sorted({*taken, *twice}, key=lambda error: (places[error.field.rpartition(".")[0]], error.field))
    refusals.refuse(context, table, candidates, [], taken)


async def hold(
    context: Context, table: Table, keys: Sequence[int | str]
) -> dict[int | str, tuple[bool, dict[str, Any]]]:
    """Return those live records of the keys that the caller may see, held against other writers until the end.

    With each comes whether the rule for rows allows to change it.
    """
    dialect, authors = context.session.dialect, authors_of(table, policy.listed_names(context.identity, table))
    sql, last = statements.lock(table, authors, dialect)
    bound = [statements.bound_keys(keys, dialect), *values_at(last, context.moment)]
    read = record_columns(table, statements.held_names(table), dialect, authors).read
    rows = await context.session.fetch_all(sql, bound)
    if any(row[1] for row in rows):  # it has waited for another writer
        rows = await context.session.fetch_all(sql, bound)
    found: dict[int | str, tuple[bool, dict[str, Any]]] = {}
    for row in rows:
        record = read(row[2:])
        key = table.primary_key.parse(record["id"])
        if key is not None:
            found[key] = (bool(row[0]), record)
    return found


def settle(context: Context, table: Table, revision: Revision) -> None:
    """Find out what a revision changes, and refuse what the record's own state forbids."""
    candidate, stored = revision.candidate, revision.stored
    changed = tuple(each for each in table.fields if each.name in candidate.sent and _differs(each, candidate, stored))
    targets.refuse_unreadable(context, table, candidate, stored["fields"])
    _refuse_locked(context, table, stored, changed, candidate)
    revision.changed = _signed(context, table, changed, candidate)


async def judge(context: Context, table: Table, revisions: Sequence[Revision]) -> Broken:
    """Ask the database what forbids these revisions. Costs some statements for each set of changed fields."""
    broken = Broken()
    for names, some in _alike(revisions):
        candidates = [each.candidate for each in some]
        found = await rules.broken_rules(context.session, context.schema, table, candidates, context.moment, names)
        broken.invalid += found.invalid
        broken.taken += found.taken
        broken.forbidden += found.forbidden
        broken.invalid += await links.missing_targets(
            context.session, context.schema, table, candidates, context.moment
        )
    return broken


def _refuse_stale(revisions: Sequence[Revision]) -> None:
    """Raise for records that have changed since the caller saw them."""
    stale = [each for each in revisions if each.seen and not same_instant(each.seen, each.stored["updatedAt"])]
    if stale:
        message = "The record has changed since; read it again."
        raise Conflict(message, [FieldError(f"{each.place}updatedAt", message, "stale") for each in stale])


async def apply(
    context: Context,
    table: Table,
    revisions: Sequence[Revision],
    names: tuple[str, ...],
    reverted_to: int | None = None,
) -> None:
    """Store revisions that were judged, and tell of them; each gets its `record` with the fields `names`.

    One that changes nothing stays as it is. `reverted_to` is the revision whose values they put back.
    """
    hidden = await hidden_links(context, table, revisions)
    for changed, some in _alike(revisions):
        if not changed:
            for each in some:
                kept = {name: each.stored["fields"][name] for name in names}
                each.record = {**each.stored, "fields": kept}
            continue
        fields = some[0].changed
        width = 2 + sum(len(each.type.column_names(each.name)) for each in fields)
        for piece in pieces(some, rows_at_once(width)):
            await _store(context, table, fields, piece, names)
        await links.replace_links(context.session, table, fields, [each.candidate for each in some], context.moment)
    changes = [
        recording.update_of(table, each, each.record, hidden)
        for each in revisions
        if each.changed and each.record is not None
    ]
    if changes:
        await context.record_changes(table, "update" if reverted_to is None else "revert", changes, reverted_to)


async def _store(
    context: Context, table: Table, fields: Sequence[Field], revisions: Sequence[Revision], names: tuple[str, ...]
) -> None:
    dialect, authors = context.session.dialect, authors_of(table, names)
    parameters: list[Any] = []
    for each in revisions:
        parameters += [next_instant(context.now, each.stored["updatedAt"]), each.candidate.key]
        for changed in fields:
            parameters += values.driver_values(changed, each.candidate, dialect)
    changed_names = tuple(each.name for each in fields)
    sql = statements.update(table, changed_names, names, authors, dialect, len(revisions))
    try:
        rows = await context.session.fetch_all(sql, parameters)
    except VIOLATIONS as violation:
        broken = rules.broken_by(table, violation, revisions[0].candidate.path)
        candidates = [each.candidate for each in revisions]
        raise refusals.refusal(context, table, candidates, broken.invalid, broken.taken) from violation
    read = record_columns(table, names, dialect, authors).read
    records = {record["id"]: record for record in map(read, rows)}
    for each in revisions:
        each.record = records[each.stored["id"]]


def _alike(revisions: Sequence[Revision]) -> list[tuple[tuple[str, ...], list[Revision]]]:
    """Return the revisions by the fields that they change."""
    groups: dict[tuple[str, ...], list[Revision]] = {}
    for each in revisions:
        groups.setdefault(each.names, []).append(each)
    return list(groups.items())


def _differs(found: Field, candidate: Candidate, stored: Mapping[str, Any]) -> bool:
    if found.name not in candidate.values:
        return False
    return bool(values.to_json(found, candidate.values[found.name]) != stored["fields"][found.name])


def _refuse_locked(
    context: Context, table: Table, stored: Mapping[str, Any], changed: Sequence[Field], candidate: Candidate
) -> None:
    """Refuse every change of a record that one of its values locks, unless the caller is an administrator."""
    locking = [each.name for each in table.fields if each.type.locks(stored["fields"].get(each.name))]
    if locking and "admin" not in context.identity.roles:
        told = [name for name in locking if name in policy.readable_names(context.identity, table)]
        reason = f'The value of "{told[0]}" locks this record' if told else "This record is locked"
        for each in changed:
            message = f"{reason}; only administrators may change it."
            candidate.refuse(each.name, message, "read_only")


def _signed(context: Context, table: Table, changed: tuple[Field, ...], candidate: Candidate) -> tuple[Field, ...]:
    """Return the changed fields with those that hold who changes them; nothing where nothing changes."""
    if not changed:
        return ()
    signed = values.signed_fields(table, "update")
    candidate.values |= {each.name: context.identity.user_id for each in signed}
    return (*changed, *signed)
