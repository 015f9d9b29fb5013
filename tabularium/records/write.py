"""Create and update single records, and create many in one go (`tabularium import`).

Each function works inside the write transaction of its context, asks every rule before it writes, and reports all
failures at once: values that do not fit (`ValidationFailed`) before values that are taken (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from tabularium.access import policy
from tabularium.context import Context
from tabularium.db.database import Row
from tabularium.db.pieces import pieces, rows_at_once
from tabularium.ids import uuid7, uuid7_texts
from tabularium.query import authors_of, record_columns
from tabularium.query.authors import Authors
from tabularium.query.expected import Expected
from tabularium.query.record_columns import new_record_columns
from tabularium.records import (
    links,
    numbering,
    preconditions,
    recording,
    refusals,
    returning,
    rules,
    statements,
    targets,
    updating,
    values,
)
from tabularium.records.many_values import read_many
from tabularium.records.revision import Revision
from tabularium.records.rules import Broken
from tabularium.records.updating import VIOLATIONS
from tabularium.records.values import Candidate
from tabularium.schema.fields.base import Mode
from tabularium.schema.model import KEY_COLUMN, Table


async def create(context: Context, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    """Store a new record and return it in its JSON form."""
    candidate = prepare(context, table, values.sent_fields(body), "fields")
    if not candidate.names_unknown:
        await context.claim_key()
    await judge(context, table, [candidate])
    (record,) = await insert(context, table, [candidate])
    return await returning.complete_one(context, table, record)


def prepare(context: Context, table: Table, sent: Mapping[str, Any], path: str, mode: Mode = "write") -> Candidate:
    """Read the values of a record to be created; failures are noted in the candidate, whose key is known after this."""
    candidate = Candidate(path)
    rest = values.read_key(table, sent, candidate)
    values.read_values(table, rest, policy.access(context.identity, table), candidate, mode)
    _fill(context, table, candidate, rest)
    return candidate


def prepare_many(
    context: Context, table: Table, sent: Sequence[Mapping[str, Any]], path: Callable[[int], str]
) -> list[Candidate]:
    """Read the values of many records to be created, as `prepare` does with each; `path` is that of a place."""
    access = policy.access(context.identity, table)
    found = read_many(table, sent, path, (access, context.now, context.identity.user_id))
    if table.primary_key.kind == "uuid":
        for each, key in zip(found.values(), uuid7_texts(len(found)), strict=True):
            each.key = key
    return [
        found[place] if place in found else prepare(context, table, each, path(place))
        for place, each in enumerate(sent)
    ]


def _fill(context: Context, table: Table, candidate: Candidate, sent: Mapping[str, Any]) -> None:
    """Give a new record what was not sent of it."""
    values.apply_defaults(table, sent, candidate, context.now, context.identity.user_id)
    values.check_required(table, candidate)
    if table.primary_key.kind == "uuid":
        candidate.key = str(uuid7())


def complete_new(context: Context, table: Table, candidate: Candidate, sent: Mapping[str, Any]) -> None:
    """Make a new record of values that were read before it was known to be one."""
    if table.primary_key.is_sent_by_client and candidate.key is None and not candidate.has_failed(KEY_COLUMN):
        values.read_key(table, sent, candidate)  # says that it is missing
    _fill(context, table, candidate, sent)


async def judge(context: Context, table: Table, candidates: Sequence[Candidate]) -> None:
    """Raise for everything that forbids to create these candidates."""
    has_unknown = any(each.names_unknown for each in candidates)  # which come first, with all that is wrong besides
    if not has_unknown:
        refusals.refuse_forbidden(candidates)
    for each in candidates:
        targets.refuse_unreadable(context, table, each)
    broken = await ask(context, table, candidates)
    if not has_unknown:
        refusals.refuse_rows(candidates, broken.forbidden)
    twice = rules.taken_twice(table, candidates, context.session.dialect)
    refusals.refuse(context, table, candidates, broken.invalid, [*broken.taken, *twice])


async def ask(context: Context, table: Table, candidates: Sequence[Candidate]) -> Broken:
    """Ask the database what forbids to create these candidates. Costs a statement for some hundred of them."""
    broken = await rules.broken_rules(context.session, context.schema, table, candidates, context.moment)
    broken.invalid += await links.missing_targets(context.session, context.schema, table, candidates, context.moment)
    return broken


async def insert(
    context: Context, table: Table, candidates: Sequence[Candidate], names: tuple[str, ...] | None = None
) -> list[dict[str, Any]]:
    """Store candidates that were judged and return them as records, in the same order.

    The records have the fields `names`, else all that the caller may read and that the write itself gives back.
    """
    names = returning.returned_names(context, table) if names is None else names
    # What the candidates hold need not be read back.
    unheld = tuple(name for name in names if name not in values.stored_names(table))
    records = await _stored(context, table, candidates, unheld, authors_of(table, names))
    shown = [values.presented(table, candidate) for candidate in candidates]
    key_of = table.primary_key.parse
    for record, candidate, held in zip(records, candidates, shown, strict=True):
        candidate.key = key_of(record["id"])
        if names:
            known = {**held, **record["fields"]} if unheld else held
            record["fields"] = {name: known[name] for name in names}
    await links.add_links(context.session, table, candidates)
    await recording.record_created(context, table, records, shown)
    return records


async def _stored(
    context: Context, table: Table, candidates: Sequence[Candidate], unheld: tuple[str, ...], authors: Authors
) -> list[dict[str, Any]]:
    """Store candidates and return them as records, with fields that they do not hold themselves."""
    dialect, records, is_known = context.session.dialect, list[dict[str, Any]](), not unheld and not authors
    returned = new_record_columns(table, dialect) if is_known else record_columns(table, unheld, dialect, authors)
    for some in pieces(candidates, rows_at_once(1 + statements.width(table))):
        sql = statements.insert(table, returned, dialect, len(some))
        records += map(returned.read, await _insert(context, table, some, sql))
    if is_known:
        for each in records:
            each["createdAt"] = each["updatedAt"] = context.now
    return records


async def store(context: Context, table: Table, candidates: Sequence[Candidate]) -> None:
    """Store candidates that were judged, and read nothing back but what links and entries need."""
    await insert(context, table, candidates, names=())


async def _insert(context: Context, table: Table, candidates: Sequence[Candidate], sql: str) -> Sequence[Row]:
    await numbering.number(context.session, table, candidates)
    columns = values.driver_columns(table, candidates, context.session.dialect)
    if not table.primary_key.is_integer:
        columns.insert(0, [candidate.key for candidate in candidates])
    try:
        return await context.session.fetch_all(sql, [context.now, *chain.from_iterable(zip(*columns, strict=True))])
    except VIOLATIONS as violation:
        broken = rules.broken_by(table, violation, candidates[0].path)
        raise refusals.refusal(context, table, candidates, broken.invalid, broken.taken) from violation


async def update(
    context: Context, table: Table, record_id: str, body: Mapping[str, Any], expected: Expected | None = None
) -> dict[str, Any]:
    """Change the sent fields of a live record and return it; one that stays as it was gets no new revision."""
    seen, sent = values.sent_changes(body)
    revision = Revision(Candidate("fields", key=table.primary_key.parse(record_id)), record_id, seen)
    updating.read_changes(context, table, sent, revision.candidate)

    async def check(_: Sequence[Revision]) -> None:
        await preconditions.require(context, table, revision.stored, expected)

    await updating.change(context, table, [revision], returning.returned_names(context, table), check)
    return await returning.complete_one(context, table, revision.record or revision.stored)
