"""Many records of one table in one request: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tabularium.access import policy
from tabularium.context import Context
from tabularium.errors import FieldError, PayloadTooLarge, Rehearsed, ValidationFailed
from tabularium.records import returning, trash, updating, write
from tabularium.records.revision import Revision
from tabularium.records.values import Candidate
from tabularium.schema.model import Table


async def create_records(
    context: Context, table: Table, body: Mapping[str, Any], *, is_rehearsal: bool
) -> dict[str, Any]:
    """Store new records: `{created, records?}`. A rehearsal stores nothing and raises `Rehearsed`."""
    entries, returns = _read(context, body, "records", is_rehearsal=is_rehearsal)
    candidates = write.prepare_many(context, table, [each["fields"] for each in entries], "records.{}.fields".format)
    if not is_rehearsal and not any(each.names_unknown for each in candidates):
        await context.claim_key()
    await write.judge(context, table, candidates)
    records = await write.insert(context, table, candidates, None if returns else ())
    answer: dict[str, Any] = {"created": len(records)}
    if returns:
        answer["records"] = await returning.complete(context, table, records)
    return rehearsed(answer, [{"result": "created"} for _ in records], is_rehearsal=is_rehearsal)


async def update_records(
    context: Context, table: Table, body: Mapping[str, Any], *, is_rehearsal: bool
) -> dict[str, Any]:
    """Change records: `{updated, records?}`. A rehearsal stores nothing and raises `Rehearsed`."""
    entries, returns = _read(context, body, "records", is_rehearsal=is_rehearsal)
    refuse_repeated([id_text(entry["id"]) for entry in entries], "records.{}.id")
    revisions = [_revision(context, table, entry, place) for place, entry in enumerate(entries)]
    await updating.change(context, table, revisions, returning.returned_names(context, table))
    records = [each.record or each.stored for each in revisions]
    answer: dict[str, Any] = {"updated": len(records)}
    if returns:
        answer["records"] = await returning.complete(context, table, records)
    results = [{"id": each.stored["id"], "result": "updated" if each.changed else "unchanged"} for each in revisions]
    return rehearsed(answer, results, is_rehearsal=is_rehearsal)


async def delete_records(
    context: Context, table: Table, body: Mapping[str, Any], *, asks_for_good: bool, is_rehearsal: bool
) -> dict[str, Any]:
    """Move records to the trash: `{deleted}`. A rehearsal raises `Rehearsed`.

    They are removed for good where the parameter `permanent` says so, or the body does. This needs another
    permission, and that of the body could not be asked before it was read.
    """
    is_permanent = asks_for_good or bool(body.get("permanent"))
    policy.require(context.identity, table, "permanentDelete" if is_permanent else "delete")
    if asks_for_good and body.get("permanent") is False:
        raise ValidationFailed.of("permanent", "The body and the query say different things.", "conflicting")
    names = _read_ids(context, body["ids"])
    keys = [_key(table, each) for each in body["ids"]]
    trash.changes_or_refusals(await trash.delete_many(context, table, keys, permanent=is_permanent), names)
    results = [{"id": each, "result": "deleted"} for each in names]
    return rehearsed({"deleted": len(names)}, results, is_rehearsal=is_rehearsal)


async def restore_records(
    context: Context, table: Table, ids: Sequence[str | int], *, is_rehearsal: bool
) -> dict[str, Any]:
    """Take records out of the trash: `{success, restored}`. A rehearsal raises `Rehearsed`."""
    names = _read_ids(context, ids)
    keys = [_key(table, each) for each in ids]
    trash.changes_or_refusals(await trash.restore_many(context, table, keys), names)
    results = [{"id": each, "result": "restored"} for each in names]
    return rehearsed({"success": True, "restored": len(names)}, results, is_rehearsal=is_rehearsal)


def _read_ids(context: Context, ids: Sequence[str | int]) -> list[str]:
    """Return ids as text. Raises for too many, and for one that stands there twice."""
    refuse_many(context, len(ids))
    names = [id_text(each) for each in ids]
    refuse_repeated(names, "ids.{}")
    return names


def _key(table: Table, value: Any) -> int | str | None:
    return table.primary_key.parse(id_text(value) if table.primary_key.is_integer else value)


def id_text(value: Any) -> str:
    """Return a sent id as text: `2`, `2.0` and `"2"` are one id."""
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return str(int(value)) if is_whole else str(value)


def _revision(context: Context, table: Table, entry: Mapping[str, Any], place: int) -> Revision:
    record_id = id_text(entry["id"]) if table.primary_key.is_integer else entry["id"]
    candidate = Candidate(f"records.{place}.fields", key=table.primary_key.parse(record_id))
    updating.read_changes(context, table, entry["fields"], candidate)
    return Revision(candidate, str(record_id), entry.get("updatedAt"))


def _read(
    context: Context, body: Mapping[str, Any], name: str, *, is_rehearsal: bool
) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """Return the entries of a body, and whether the records shall come back."""
    entries: Sequence[Mapping[str, Any]] = body[name]
    refuse_many(context, len(entries))
    return entries, reads_back(body, is_rehearsal=is_rehearsal)


def refuse_many(context: Context, count: int) -> None:
    """Raise for more entries than a request may have."""
    most = context.schema.api.batch_limit
    if count > most:
        raise PayloadTooLarge(f"At most {most} entries are allowed in one request.")


def reads_back(body: Mapping[str, Any], *, is_rehearsal: bool, default: bool = False) -> bool:
    """Say whether the records shall come back. Raises where a rehearsal, which has none, is asked for them."""
    returns: bool | None = body.get("returnRecords")
    if is_rehearsal and returns:
        message = "A dry run stores no records that could be returned."
        raise ValidationFailed.of("returnRecords", message, "conflicting")
    return (default if returns is None else returns) and not is_rehearsal


def refuse_repeated(ids: Sequence[str], path: str) -> None:
    """Raise for ids that stand there twice, at their second place and all that follow."""
    seen: set[str] = set()
    errors: list[FieldError] = []
    for place, each in enumerate(ids):
        if each in seen:
            errors.append(FieldError(path.format(place), "This id stands there twice.", "duplicate"))
        seen.add(each)
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)


def rehearsed(answer: dict[str, Any], results: list[dict[str, Any]], *, is_rehearsal: bool) -> dict[str, Any]:
    """Return the answer of a batch, or raise it as that of a rehearsal, so that the transaction is rolled back."""
    if is_rehearsal:
        raise Rehearsed({**answer, "dryRun": True, "results": results})
    return answer
