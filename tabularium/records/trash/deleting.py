"""Deleting records: to the trash or for good, with what goes with them, unless a child that stays forbids it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.ids import uuid7
from tabularium.query.expected import Expected
from tabularium.records.trash.family import Family, Scope, find_restrictions, hold_family
from tabularium.records.trash.keys import Key, Keys, Node
from tabularium.records.trash.outcome import Change, Failure, Outcome
from tabularium.records.trash.recording import Tell, tell_changes
from tabularium.records.trash.references import Reference, in_lock_order
from tabularium.records.trash.roots import Roots, find_roots
from tabularium.records.trash.rows import Act, Stored
from tabularium.records.trash.telling import Told, changes_or_refusal, told_restriction, told_violation
from tabularium.records.trash.writing import Unfit, change_rows, remove_rows
from tabularium.schema.model import Schema, Table


async def delete(
    context: Context, table: Table, record_id: str, *, permanent: bool, expected: Expected | None = None
) -> Outcome:
    """Move a live record to the trash, or remove a live or trashed one for good, with what goes with it.

    Raises `NotFound`, `PreconditionFailed` for a record that is not as `expected`, and `Conflict` (`restricted`) where
    a child that stays forbids it.
    """
    key = table.primary_key.parse(record_id)
    return changes_or_refusal(await delete_many(context, table, [key], permanent=permanent, expected=expected))


async def delete_many(
    context: Context, table: Table, keys: Sequence[Key | None], *, permanent: bool, expected: Expected | None = None
) -> Outcome:
    """Move live records of a table to the trash, or remove live and trashed ones for good: all of them, or none.

    Children go too, lose their links or forbid it, as the file says; one that is asked for as well forbids nothing.
    `None` is the key of no record, and no key may occur twice. Costs some statements for each link, level and thousand
    of records. After an outcome with failures the transaction must be rolled back.
    """
    act = Act(context.session, context.schema, context.now, context.identity.user_id)
    scope: Scope = "all" if permanent else "live"
    roots = await find_roots(act, table, keys, scope, context.moment)
    # What is in the trash does not exist for those who are not signed in.
    sees_trash = permanent and context.identity.is_signed_in
    missing = roots.missing(lambda stored: sees_trash or not stored.is_deleted)
    if missing or roots.refused:
        return Outcome(missing=missing, refused=roots.refused)
    await roots.require(context, expected)
    family = await hold_family(act, {table: roots.keys}, scope, roots.held)
    restricted = await find_restrictions(act, family, scope)
    if restricted:
        return Outcome(failures=_restrictions(context, roots, family, restricted))
    try:
        changes = await _carry_out(act, family, roots.held, permanent=permanent)
    except Unfit as unfit:
        told = _told_unfit(context, roots, unfit)
        return Outcome(failures=tuple(Failure(index, *each) for index in roots.places.values() for each in told))
    ordered = roots.first(changes)
    await tell_changes(ordered, context.record_changes)
    return Outcome(ordered)


async def delete_for_good(
    session: Session, schema: Schema, roots: Mapping[Table, Collection[Key]], now: str, tell: Tell
) -> tuple[Change, ...]:
    """Remove records, live or trashed, as far as nothing restricts it, and return what was changed; `tell` gets it too.

    No field is signed. A root that cannot go without breaking a restriction stays, with what would go with it alone.
    """
    act, held = Act(session, schema, now, None), dict[Node, Stored]()
    wanted: Keys = {table: set(keys) for table, keys in roots.items()}
    while True:
        family = await hold_family(act, wanted, "all", held)
        staying = family.upwards(await find_restrictions(act, family, "all"))
        if not staying:
            changes = tuple(await _carry_out(act, family, held, permanent=True))
            await tell_changes(changes, tell)
            return changes
        # At least one root leads to each record that is held back, so this comes to an end.
        wanted = {table: {key for key in keys if (table, key) not in staying} for table, keys in wanted.items()}


async def _carry_out(act: Act, family: Family, held: Mapping[Node, Stored], *, permanent: bool) -> list[Change]:
    emptied = in_lock_order(act.schema, family.emptied)
    updates = await change_rows(act, "update", emptied, held, family.emptied)
    members = in_lock_order(act.schema, family.all_members())
    if permanent:
        return [*await remove_rows(act, members, held), *updates]
    return [*await change_rows(act, "delete", members, held, {}, deletion=str(uuid7())), *updates]


def _restrictions(
    context: Context, roots: Roots, family: Family, restricted: Mapping[Node, Iterable[Reference]]
) -> tuple[Failure, ...]:
    """Return for each root what holds back itself, or something that would go with it."""
    found: dict[Failure, None] = {}
    for node, references in restricted.items():
        indexes = [roots.places[root] for root in family.upwards([node]) if root in roots.places]
        told = [each for reference in references for each in told_restriction(context, reference)]
        found |= {Failure(index, *each): None for index in indexes for each in told}
    return tuple(sorted(found, key=lambda each: (each.index, each.field)))


def _told_unfit(context: Context, roots: Roots, unfit: Unfit) -> list[Told]:
    """Return what the database refused. A child that may not lose its link holds the record as a restriction would."""
    if unfit.emptied:
        return [each for reference in unfit.emptied for each in told_restriction(context, reference)]
    return list(told_violation(context, unfit, is_own=unfit.table is roots.table))
