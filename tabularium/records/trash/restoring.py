"""Restoring records from the trash, with the children that the very same delete took along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tabularium.context import Context
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query.expected import Expected
from tabularium.records.trash.family import Family, hold_family, link_condition
from tabularium.records.trash.keys import Key, Node, among, bound, in_parts
from tabularium.records.trash.outcome import Failure, Outcome
from tabularium.records.trash.recording import tell_changes
from tabularium.records.trash.references import Reference, in_lock_order, references_of
from tabularium.records.trash.roots import Roots, find_roots
from tabularium.records.trash.rows import Act
from tabularium.records.trash.taken import find_taken
from tabularium.records.trash.telling import (
    NOT_DELETED,
    Told,
    changes_or_refusal,
    told_parent,
    told_value,
    told_violation,
)
from tabularium.records.trash.writing import Unfit, change_rows
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Table


async def restore(context: Context, table: Table, record_id: str, expected: Expected | None = None) -> Outcome:
    """Take a record out of the trash, with the children that went there with it.

    Raises `NotFound`, `ValidationFailed` (`not_deleted`), `PreconditionFailed` for a record that is not as `expected`,
    and `Conflict` (`not_unique`, `parent_deleted`).
    """
    return changes_or_refusal(await restore_many(context, table, [table.primary_key.parse(record_id)], expected))


async def restore_many(
    context: Context, table: Table, keys: Sequence[Key | None], expected: Expected | None = None
) -> Outcome:
    """Take records of a table out of the trash, each with the children that went there with it: all of them, or none.

    A link to a record that stays in the trash becomes empty or forbids it, as the file says. `None` is the key of no
    record, and no key may occur twice. Costs some statements for each link, level and thousand of records. After an
    outcome with failures the transaction must be rolled back.
    """
    act = Act(context.session, context.schema, context.now, context.identity.user_id)
    roots = await find_roots(act, table, keys, "together", context.moment)
    # What is in the trash does not exist for those who are not signed in, and then nothing is left to ask for.
    missing = roots.missing(lambda stored: context.identity.is_signed_in or not stored.is_deleted)
    if missing or roots.refused:
        return Outcome(missing=missing, refused=roots.refused)
    live = [place for node, place in roots.places.items() if not roots.held[node].is_deleted]
    if live:
        told = ("", "The record is not in the trash.", NOT_DELETED)
        return Outcome(failures=tuple(Failure(place, *told) for place in live))
    await roots.require(context, expected)
    family = await hold_family(act, {table: roots.keys}, "together", roots.held)
    return await _bring_back(context, act, roots, family)


async def _bring_back(context: Context, act: Act, roots: Roots, family: Family) -> Outcome:
    told = _Telling(context, roots, family)
    emptied: defaultdict[Node, set[Reference]] = defaultdict(set)
    for reference in references_of(act.schema):
        for node in await _without_parent(act, family, reference):
            if reference.rule == "set-null":
                emptied[node].add(reference)
            else:
                told.add(node, told_parent(context, reference, is_own=node in roots.places))
    for node, name in await find_taken(act, family, emptied):
        told.add(node, [told_value(context, node[0], name, is_own=node in roots.places)])
    if told.failures:
        return Outcome(failures=told.in_order())
    try:
        members = in_lock_order(act.schema, family.all_members())
        changes = await change_rows(act, "restore", members, roots.held, emptied)
    except Unfit as unfit:
        return Outcome(failures=_unfit(context, roots, unfit))
    ordered = roots.first(changes)
    await tell_changes(ordered, context.record_changes)
    return Outcome(ordered)


class _Telling:
    """Collects what forbids it, for every root with which a record would come back."""

    def __init__(self, context: Context, roots: Roots, family: Family) -> None:
        self._roots = roots
        self._family = family
        self.failures: dict[Failure, None] = {}

    def add(self, node: Node, told: Iterable[Told]) -> None:
        """Note what forbids that a record comes back."""
        reached = self._family.upwards([node])
        # A root that is a child too answers for itself: it was asked for by its own key.
        found = [node] if node in self._roots.places else [each for each in reached if each in self._roots.places]
        self.failures |= {Failure(self._roots.places[root], *each): None for each in told for root in found}

    def in_order(self) -> tuple[Failure, ...]:
        """Return the failures by root and place."""
        return tuple(sorted(self.failures, key=lambda each: (each.index, each.field, each.code)))


def _unfit(context: Context, roots: Roots, unfit: Unfit) -> tuple[Failure, ...]:
    """Return what the database refused. A record that may not lose a link cannot be without its parent."""
    is_own = unfit.table is roots.table
    told = [each for reference in unfit.emptied for each in told_parent(context, reference, is_own=is_own)]
    told = told or list(told_violation(context, unfit, is_own=is_own))
    return tuple(Failure(index, *each) for index in roots.places.values() for each in told)


async def _without_parent(act: Act, family: Family, reference: Reference) -> list[Node]:
    """Return the members that point at a record which is, and stays, in the trash. Its parents are held as they are."""
    pointing: set[Key] = set()
    supported: set[Key] = set()
    for some in in_parts(family.members.get(reference.child, ())):
        keys = [bound(some, act.dialect)]
        pointing |= {row[0] for row in await act.session.fetch_all(_pointing(reference, act.dialect), keys)}
        for child, parent, is_deleted in await act.session.fetch_all(_parents(reference, act.dialect), keys):
            if not is_deleted or family.has((reference.parent, parent)):
                supported.add(child)
    return [(reference.child, key) for key in pointing - supported]


@lru_cache(maxsize=4096)
def _pointing(reference: Reference, dialect: Dialect) -> str:
    quote = dialect.quote
    key = quote(KEY_COLUMN)
    given = " AND ".join(f"{quote(column)} IS NOT NULL" for column in reference.columns)
    name = quote(reference.child.database_name)
    return f"SELECT {key} FROM {name} WHERE {among(key, reference.child, dialect)} AND {given}"


@lru_cache(maxsize=4096)
def _parents(reference: Reference, dialect: Dialect) -> str:
    quote = dialect.quote
    key = quote(KEY_COLUMN)
    sql = (
        f"SELECT _c.{key}, _p.{key}, _p.{quote(DELETED_COLUMN)} IS NOT NULL "
        f"FROM {quote(reference.child.database_name)} AS _c "
        f"JOIN {quote(reference.parent.database_name)} AS _p ON {link_condition(reference, dialect)} "
        f"WHERE {among(f'_c.{key}', reference.child, dialect)} ORDER BY _p.{key}"
    )
    if dialect is POSTGRESQL:  # what they point at stays out of the trash until they are there
        sql += f" FOR {'KEY ' if reference.is_by_key else ''}SHARE OF _p"
    return sql
