"""Create or change: each row of an upsert means the record that has its values in the merge fields, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from tabularium.access import policy
from tabularium.context import Context
from tabularium.errors import FieldError, ValidationFailed, listed
from tabularium.records import batch, merging, refusals, returning, rules, targets, updating, values, write
from tabularium.records.merging import MergeField
from tabularium.records.revision import Revision
from tabularium.records.rules import Broken
from tabularium.records.values import Candidate
from tabularium.schema.model import KEY_COLUMN, Table

Result = Literal["created", "updated", "unchanged"]

_AMBIGUOUS: Final = "Several records have these values."


@dataclass(slots=True)
class _Row:
    """One row of the request: a record to be created, or the revision of one that is there."""

    candidate: Candidate
    sent: Mapping[str, Any]
    revision: Revision | None = None
    record: dict[str, Any] | None = None

    @property
    def result(self) -> Result:
        if self.revision is None:
            return "created"
        return "updated" if self.revision.changed else "unchanged"


async def upsert_records(
    context: Context, table: Table, body: Mapping[str, Any], *, is_rehearsal: bool
) -> dict[str, Any]:
    """Create or change records: `{created, updated, unchanged, results, records?}`.

    A rehearsal stores nothing and raises `Rehearsed`. Raises what creating and changing raise, `ValidationFailed` for
    merge fields that cannot decide, and `Conflict` for a row that means several records.
    """
    returns = batch.reads_back(body, is_rehearsal=is_rehearsal, default=True)
    batch.refuse_many(context, len(body["records"]))
    fields = _merge_fields(context, table, body)
    rows = [_read_row(context, table, entry["fields"], place) for place, entry in enumerate(body["records"])]
    candidates = [each.candidate for each in rows]
    refusals.refuse_unknown(context, table, candidates)
    if not is_rehearsal:
        await context.claim_key()
    _refuse_undecided(context, table, fields, rows)
    await merging.hold_values(context, table, fields, candidates)
    ambiguous = await _match(context, table, fields, rows)
    await _judge(context, table, rows, ambiguous)
    await _apply(context, table, rows)
    records = [each.record or {} for each in rows]
    results = [
        {"result": each.result}
        if is_rehearsal and each.revision is None
        else {"id": record["id"], "result": each.result}
        for each, record in zip(rows, records, strict=True)
    ]
    answer: dict[str, Any] = {"records": await returning.complete(context, table, records)} if returns else {}
    for result in get_args(Result):
        answer[result] = sum(each.result == result for each in rows)
    return batch.rehearsed({**answer, "results": results}, results, is_rehearsal=is_rehearsal)


# What was sent --------------------------------------------------------------------------------------------------------


def _merge_fields(context: Context, table: Table, body: Mapping[str, Any]) -> list[MergeField]:
    """Return the fields of `fieldsToMergeOn`, or of `matchFields`, which means the same."""
    given = [name for name in ("fieldsToMergeOn", "matchFields") if name in body]
    if len(given) != 1:
        problem = ("Send one of fieldsToMergeOn and matchFields.", "conflicting" if given else "required")
        raise ValidationFailed.of("matchFields" if given else "fieldsToMergeOn", *problem)
    access, errors = policy.access(context.identity, table), list[FieldError]()
    found: list[MergeField] = []
    for place, name in enumerate(body[given[0]]):
        path, field = f"{given[0]}.{place}", table.by_name.get(name) if name in access.known else None
        if field is None:
            allowed = [
                each.name for each in table.fields if each.name in access.writable and merging.can_merge_on(each)
            ]
            message = f"There is no such field in this table. Allowed are: {listed(allowed)}."
            errors.append(FieldError(path, message, "unknown_field"))
        elif name not in access.writable or not merging.can_merge_on(field):
            message = "Records can be told apart by fields alone that you may set and whose values can be equal."
            errors.append(FieldError(path, message, "invalid_value"))
        else:
            found.append(MergeField(field))
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)
    return found


def _read_row(context: Context, table: Table, sent: Mapping[str, Any], place: int) -> _Row:
    candidate = Candidate(f"records.{place}.fields")
    rest = values.read_key(table, sent, candidate) if sent.get(KEY_COLUMN) is not None else sent
    values.read_values(table, rest, policy.access(context.identity, table), candidate, "write")
    return _Row(candidate, rest)


def _refuse_undecided(context: Context, table: Table, fields: Sequence[MergeField], rows: Sequence[_Row]) -> None:
    """Raise where a row has no usable value in a merge field, or two rows have the same in all."""
    for row in rows:
        for each in fields:
            name = each.field.name
            if row.candidate.values.get(name) is None and not row.candidate.has_failed(name):
                row.candidate.refuse(name, "A value is required here, since records are told apart by it.", "required")
    candidates = [row.candidate for row in rows]
    if any(each.has_failed(merge.field.name) for each in candidates for merge in fields):
        refusals.refuse(context, table, candidates, [], [])
    seen: set[tuple[Any, ...]] = set()
    twice: list[FieldError] = []
    for candidate in candidates:
        value = merging.merge_values(fields, candidate)
        if value in seen:
            message = "Another row has the same values in the merge fields."
            twice += [FieldError(f"{candidate.path}.{merge.field.name}", message, "duplicate") for merge in fields]
        seen.add(value)
    refusals.refuse(context, table, candidates if twice else [], twice, [])


# What it means --------------------------------------------------------------------------------------------------------


async def _match(
    context: Context, table: Table, fields: Sequence[MergeField], rows: Sequence[_Row]
) -> list[FieldError]:
    """Find out what each row means, and return the errors of those that mean several records."""
    ambiguous: list[FieldError] = []
    forbidden: list[str] = []
    matches = await merging.find_matches(context, table, fields, [row.candidate for row in rows])
    for row, found in zip(rows, matches, strict=True):
        path = row.candidate.path
        if len(found) > 1:
            ambiguous += [FieldError(f"{path}.{each.field.name}", _AMBIGUOUS, "ambiguous_match") for each in fields]
        if not found:
            write.complete_new(context, table, row.candidate, row.sent)
            continue
        match = found[0]
        if not match.is_allowed:
            forbidden.append(path.removesuffix(".fields"))
        _keep_key(table, row.candidate, match.record["id"])
        row.revision = Revision(row.candidate, match.record["id"], None, match.record)
    if forbidden:
        raise refusals.forbidden_records("You may not change this record.", forbidden)
    return ambiguous


def _keep_key(table: Table, candidate: Candidate, record_id: str) -> None:
    """Give a candidate the key of the record that it means; a sent one must be the same, since keys never change."""
    key = table.primary_key.parse(record_id)
    if candidate.key is not None and candidate.key != key:
        candidate.refuse(KEY_COLUMN, "The record with these values has another id, and ids never change.", "read_only")
    candidate.key = key
    values.check_required(table, candidate)


async def _judge(context: Context, table: Table, rows: Sequence[_Row], ambiguous: list[FieldError]) -> None:
    """Raise for everything that forbids what the rows come to."""
    candidates = [row.candidate for row in rows]
    new = [row.candidate for row in rows if row.revision is None]
    revisions = [row.revision for row in rows if row.revision is not None]
    refusals.refuse_forbidden(candidates)
    for each in new:
        targets.refuse_unreadable(context, table, each)
    for revision in revisions:
        updating.settle(context, table, revision)
    broken = await updating.judge(context, table, revisions)
    created = await write.ask(context, table, new) if new else Broken()
    refusals.refuse_rows(candidates, [*broken.forbidden, *created.forbidden])
    refusals.refuse(context, table, candidates, [*broken.invalid, *created.invalid], [])
    twice = rules.taken_twice(table, candidates, context.session.dialect)
    refusals.refuse(context, table, candidates, [], [*ambiguous, *broken.taken, *created.taken, *twice])


async def _apply(context: Context, table: Table, rows: Sequence[_Row]) -> None:
    names = returning.returned_names(context, table)
    new = [row for row in rows if row.revision is None]
    if new:
        for row, record in zip(new, await write.insert(context, table, [row.candidate for row in new]), strict=True):
            row.record = record
    revisions = [row.revision for row in rows if row.revision is not None]
    await updating.apply(context, table, revisions, names)
    for row in rows:
        if row.revision is not None:
            row.record = row.revision.record
