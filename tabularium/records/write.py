"""Create, update and delete single records, and create many in one go (`tabularium import`).

Each function works inside the write transaction of its context, asks every rule before it writes, and reports all
failures at once: values that do not fit (`ValidationFailed`) before values that are taken (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tabularium.access import policy
from tabularium.clock import next_instant, same_instant
from tabularium.context import Context
from tabularium.db.database import CheckViolation, ForeignKeyViolation, Row, UniqueViolation
from tabularium.errors import Conflict, Forbidden, NotFound
from tabularium.ids import uuid7
from tabularium.query import authors_of, get_statement, plan_get, record_columns, record_reader
from tabularium.query.rows import values_at
from tabularium.records import links, numbering, preconditions, refusals, rules, statements, targets, values
from tabularium.records.preconditions import Expected
from tabularium.records.values import Candidate
from tabularium.schema.fields.base import Mode
from tabularium.schema.model import Field, Table
from tabularium.schema.permissions import RowAction

_VIOLATIONS: Final = (UniqueViolation, ForeignKeyViolation, CheckViolation)
_REFUSED: Final = {"write": "You may not change this record.", "delete": "You may not delete this record."}
_ENVELOPE: Final = ("id", "revision", "createdAt", "updatedAt")


async def create(context: Context, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    """Store a new record and return it in its JSON form."""
    candidate = prepare(context, table, values.sent_fields(body), "fields")
    if not candidate.names_unknown:
        await context.claim_key()
    refusals.refuse_forbidden(candidate)
    targets.refuse_unreadable(context, table, candidate)
    await judge(context, table, [candidate])
    (record,) = await insert(context, table, [candidate])
    return await _complete(context, table, record)


def prepare(context: Context, table: Table, sent: Mapping[str, Any], path: str, mode: Mode = "write") -> Candidate:
    """Read the values of a record to be created; failures are noted in the candidate, whose key is known after this."""
    candidate = Candidate(path)
    rest = values.read_key(table, sent, candidate)
    values.read_values(table, rest, policy.access(context.identity, table), candidate, mode)
    values.apply_defaults(table, rest, candidate, context.now, context.identity.user_id)
    values.check_required(table, candidate)
    if table.primary_key.kind == "uuid":
        candidate.key = str(uuid7())
    return candidate


async def judge(context: Context, table: Table, candidates: Sequence[Candidate]) -> None:
    """Raise for everything that forbids to create these candidates."""
    broken = await rules.broken_rules(context.session, context.schema, table, candidates, context.moment)
    refusals.refuse_rows(candidates, broken.forbidden)
    broken.invalid += await links.missing_targets(context.session, context.schema, table, candidates, context.moment)
    twice = rules.taken_twice(table, candidates, context.session.dialect)
    refusals.refuse(context, table, candidates, broken.invalid, [*broken.taken, *twice])


async def insert(context: Context, table: Table, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Store candidates that were judged and return them as records, in the same order."""
    names = _returned(context, table)
    authors, dialect = authors_of(table, names), context.session.dialect
    sql = statements.insert(table, names, authors, dialect, len(candidates))
    rows = await _insert(context, table, candidates, sql)
    read = record_columns(table, names, dialect, authors).read
    records = [read(row) for row in rows]
    for record, candidate in zip(records, candidates, strict=True):
        key = table.primary_key.parse(record["id"])
        if key is not None:
            await links.add_links(context.session, table, key, candidate)
    return records


async def store(context: Context, table: Table, candidates: Sequence[Candidate]) -> None:
    """Store candidates that were judged, and read nothing back but what links need."""
    if any(candidate.values.get(each.name) for each in values.fields_apart(table) for candidate in candidates):
        await insert(context, table, candidates)
        return
    await _insert(context, table, candidates, statements.store(table, context.session.dialect, len(candidates)))


async def _insert(context: Context, table: Table, candidates: Sequence[Candidate], sql: str) -> Sequence[Row]:
    await numbering.number(context.session, table, candidates)
    parameters: list[Any] = [context.now]
    for candidate in candidates:
        if not table.primary_key.is_integer:
            parameters.append(candidate.key)
        for each in table.fields:
            parameters += values.driver_values(each, candidate, context.session.dialect)
    try:
        return await context.session.fetch_all(sql, parameters)
    except _VIOLATIONS as violation:
        broken = rules.broken_by(table, violation, candidates[0].path)
        raise refusals.refusal(context, table, candidates, broken.invalid, broken.taken) from violation


async def update(
    context: Context, table: Table, record_id: str, body: Mapping[str, Any], expected: Expected | None = None
) -> dict[str, Any]:
    """Change the sent fields of a live record and return it; one that stays as it was gets no new revision."""
    seen, sent = values.sent_changes(body)
    candidate = Candidate("fields", key=table.primary_key.parse(record_id))
    values.read_values(table, sent, policy.access(context.identity, table), candidate, "write")
    values.check_required(table, candidate)
    if candidate.names_unknown:
        refusals.refuse(context, table, [candidate], [], [])
    stored = await _lock(context, table, candidate.key, "write")
    refusals.refuse_forbidden(candidate)
    changed = tuple(each for each in table.fields if each.name in sent and _differs(each, candidate, stored))
    targets.refuse_unreadable(context, table, candidate, stored["fields"])
    _refuse_locked(context, table, stored, changed, candidate)
    changed = _signed(context, table, changed, candidate)
    names = tuple(each.name for each in changed)
    broken = await rules.broken_rules(context.session, context.schema, table, [candidate], context.moment, names)
    refusals.refuse_rows([candidate], broken.forbidden)
    broken.invalid += await links.missing_targets(context.session, context.schema, table, [candidate], context.moment)
    refusals.refuse(context, table, [candidate], broken.invalid, [])
    await preconditions.require(context, table, stored, expected)
    if seen is not None and not same_instant(seen, stored["updatedAt"]):
        raise Conflict.of("updatedAt", "The record has changed since; read it again.", "stale")
    refusals.refuse(context, table, [candidate], [], broken.taken)
    if not names:
        return await _complete(context, table, _visible(context, table, stored))
    record = await _store_changes(context, table, candidate, changed, next_instant(context.now, stored["updatedAt"]))
    return await _complete(context, table, record)


async def delete(context: Context, table: Table, record_id: str, expected: Expected | None = None) -> None:
    """Move a live record to the trash."""
    key = table.primary_key.parse(record_id)
    stored = await _lock(context, table, key, "delete")
    await preconditions.require(context, table, stored, expected)
    parameters = [next_instant(context.now, stored["updatedAt"]), key]
    if values.signed_fields(table, "delete"):
        parameters.append(context.identity.user_id)
    await context.session.execute(statements.trash(table, context.session.dialect), parameters)


async def _lock(context: Context, table: Table, key: int | str | None, action: RowAction) -> dict[str, Any]:
    """Return a live record with all its fields, held against other writers until the transaction ends.

    Raises `NotFound` for one that the caller may not see, and `Forbidden` where a rule for rows forbids the action.
    """
    dialect, authors = context.session.dialect, authors_of(table, _readable(context, table))
    sql, last = statements.lock(table, authors, dialect, action, to_remove=action == "delete")
    bound = [key, *values_at(last, context.moment)]
    row = await context.session.fetch_one(sql, bound) if key is not None else None
    if row is None:
        raise NotFound("There is no such record.")
    if not row[0]:
        raise Forbidden(_REFUSED[action])
    return record_columns(table, statements.held_names(table), dialect, authors).read(row[1:])


def _differs(field: Field, candidate: Candidate, stored: Mapping[str, Any]) -> bool:
    if field.name not in candidate.values:
        return False
    return bool(values.to_json(field, candidate.values[field.name]) != stored["fields"][field.name])


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


async def _complete(context: Context, table: Table, record: dict[str, Any]) -> dict[str, Any]:
    """Return a written record with what the write itself could not give back: the fields that are worked out.

    Nothing but the envelope is returned of a record that the caller may not see, now that it is stored. Costs one
    statement, and none for a table without such fields and rules.
    """
    names = _readable(context, table)
    if "read" not in table.row_rules and not any(_is_read_apart(table.by_name[name]) for name in names):
        return record
    query = plan_get(table, names, record["id"], now=context.now, caller=context.moment.caller)
    row = await context.session.fetch_one(*get_statement(query, context.session.dialect))
    if row is None:
        return {**{name: record[name] for name in _ENVELOPE}, "fields": {}}
    return record_reader(query, context.session.dialect)(row)


def _visible(context: Context, table: Table, record: dict[str, Any]) -> dict[str, Any]:
    names = _readable(context, table)
    record["fields"] = {name: value for name, value in record["fields"].items() if name in names}
    return record


async def _store_changes(
    context: Context, table: Table, candidate: Candidate, changed: Sequence[Field], now: str
) -> dict[str, Any]:
    dialect = context.session.dialect
    parameters: list[Any] = [now, candidate.key]
    for each in changed:
        parameters += values.driver_values(each, candidate, dialect)
    names = _returned(context, table)
    authors = authors_of(table, names)
    sql = statements.update(table, tuple(each.name for each in changed), names, authors, dialect)
    try:
        row = await context.session.fetch_one(sql, parameters)
    except _VIOLATIONS as violation:
        broken = rules.broken_by(table, violation, candidate.path)
        raise refusals.refusal(context, table, [candidate], broken.invalid, broken.taken) from violation
    if candidate.key is not None:
        await links.replace_links(context.session, table, changed, candidate.key, candidate, context.moment)
    if row is None:  # The row is locked, so nobody can have removed it.
        raise NotFound("There is no such record.")
    return record_columns(table, names, dialect, authors).read(row)


def _returned(context: Context, table: Table) -> tuple[str, ...]:
    """Return the fields that the statement of a write gives back."""
    return tuple(name for name in _readable(context, table) if not _is_read_apart(table.by_name[name]))


def _is_read_apart(field: Field) -> bool:
    """Say whether the statement that writes a record cannot give the value back."""
    return field.type.is_computed or field.type.is_stored_apart


def _readable(context: Context, table: Table) -> tuple[str, ...]:
    return policy.listed_names(context.identity, table)
