"""Gives bodies a meaning: values that fit the table, links that lead somewhere, and ids of stored records.

A body is about one record, or about the many of a batch: `records`, each with its fields, or `ids`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from hypothesis import strategies as st

from tabularium.records.merging import can_merge_on
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.model import Table
from tests.fuzz.application import Case, is_generic, links_of
from tests.fuzz.run_folder import read_ids, read_trashed
from tests.fuzz.seed import RECORDS

IDS: Final = read_ids()
TRASHED: Final = read_trashed()
KEPT: Final = 3
"""So many of the first records of each table are not deleted on purpose, so that links have targets to the end."""
_MOST: Final = 4
"""Records of a batch in which each has a meaning."""


def scalars(*, allow_infinity: bool) -> st.SearchStrategy[Any]:
    """Values that are no lists and no objects."""
    numbers = st.floats(allow_nan=False, allow_infinity=allow_infinity)
    return st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), numbers)


_SCALARS: Final = scalars(allow_infinity=False)  # a body with Infinity is none that an HTTP client can write


def record_ids(table: str, *, to_delete: bool, to_restore: bool = False) -> st.SearchStrategy[str]:
    """Ids of stored records; those alone that may be deleted, or that can be restored, if they are to be."""
    if to_restore and TRASHED[table]:
        return st.sampled_from(TRASHED[table])
    return st.sampled_from(IDS[table][KEPT:] if to_delete else IDS[table])


def is_kept(table: str, record_id: Any) -> bool:
    """Say whether a record is not to be deleted on purpose."""
    return str(record_id).lower() in IDS[table][:KEPT]


def deletes_kept(case: Case, table: Table) -> bool:
    """Say whether the body of a case names records to be deleted that are to be kept."""
    ids = case.body.get("ids") if case.method == "DELETE" and isinstance(case.body, dict) else None
    return isinstance(ids, list) and any(is_kept(table.name, each) for each in ids)


# Random cases ---------------------------------------------------------------------------------------------------------


def meaningful_body(draw: st.DrawFn, case: Case, table: Table) -> dict[str, Any]:
    """Return a body whose links lead somewhere and, with the generic contract, whose fields are those of the table."""
    body: Any = case.body
    if isinstance(body.get("ids"), list):
        return _with_ids(draw, case, table)
    if isinstance(body.get("records"), list):
        return _with_records(draw, case, table)
    is_wrapped = isinstance(body.get("fields"), dict)
    values = _values(draw, case, table, dict(body["fields"] if is_wrapped else body), is_change=case.method == "PATCH")
    return {**body, "fields": values} if is_wrapped else values


def _values(draw: st.DrawFn, case: Case, table: Table, sent: dict[str, Any], *, is_change: bool) -> dict[str, Any]:
    values = sent
    if is_generic(case) and _happens(draw, 0.7):
        values = dict(draw(st.sampled_from(RECORDS[table.name])))
        values.update(draw(st.dictionaries(st.sampled_from(sorted(values) or ["id"]), _SCALARS, max_size=2)))
        if is_change and _happens(draw, 0.5):
            values.pop("id", None)
    for field, target in links_of(table, values):
        if _happens(draw, 0.8):
            values[field.name] = draw(record_ids(target, to_delete=False))
    return values


def _with_ids(draw: st.DrawFn, case: Case, table: Table) -> dict[str, Any]:
    body: Any = case.body
    if not deletes_kept(case, table) and not _happens(draw, 0.7):
        return {**body}
    ids = record_ids(table.name, to_delete=case.method == "DELETE", to_restore=case.path.endswith("/restore"))
    return {**body, "ids": draw(st.lists(ids, min_size=1, max_size=_MOST, unique=True))}


def _with_records(draw: st.DrawFn, case: Case, table: Table) -> dict[str, Any]:
    sent: Any = case.body
    body: dict[str, Any] = dict(sent)
    is_change = case.method == "PATCH"
    body["records"] = [
        {**each, "fields": _values(draw, case, table, dict(each["fields"]), is_change=is_change)}
        if isinstance(each, dict) and isinstance(each.get("fields"), dict)
        else each
        for each in body["records"]
    ]
    if is_change and _happens(draw, 0.7):
        ids = draw(st.lists(record_ids(table.name, to_delete=False), min_size=1, max_size=_MOST, unique=True))
        pairs = zip(body["records"], ids, strict=False)
        body["records"] = [{**each, "id": key} for each, key in pairs if isinstance(each, dict)]
    for name in ("fieldsToMergeOn", "matchFields"):
        if name in body and _happens(draw, 0.8):
            _decide(draw, table, body, name)
    return body


def _decide(draw: st.DrawFn, table: Table, body: dict[str, Any], name: str) -> None:
    """Let an upsert find records by a field that all of its rows have, if there is one."""
    for other in {"fieldsToMergeOn", "matchFields"} - {name}:
        body.pop(other, None)
    sent = [set(each["fields"]) for each in body["records"] if isinstance(each, dict) and "fields" in each]
    common = set.intersection(*sent) if sent else set()
    usable = [each.name for each in table.fields if each.name in common and can_merge_on(each)]
    if usable:
        body[name] = [draw(st.sampled_from(usable))]


def _happens(draw: st.DrawFn, probability: float) -> bool:
    return draw(st.floats(0, 1, exclude_max=True)) < probability


# Fixed cases ----------------------------------------------------------------------------------------------------------


def purposeful_body(case: Case, table: Table, to_be_deleted: Iterator[str]) -> dict[str, Any]:
    """Return a body in which every link that could lead somewhere does, and that deletes nothing that is to be kept."""
    sent: Any = case.body
    body = _with_targets(sent, table)
    if deletes_kept(case, table):
        body["ids"] = [next(to_be_deleted) if is_kept(table.name, each) else each for each in body["ids"]]
    return body


def _with_targets(body: dict[str, Any], table: Table) -> dict[str, Any]:
    if isinstance(body.get("records"), list):
        return {**body, "records": _each(body["records"], lambda entry: _with_targets(entry, table))}
    if isinstance(body.get("fields"), dict):
        return {**body, "fields": _with_targets(body["fields"], table)}
    values = dict(body)
    for field, target in links_of(table, values):
        value = values[field.name]
        try:
            field.type.parse(value, "write")
        except InvalidValue:
            continue
        values[field.name] = type(value)(IDS[target][0])
    return values


def _each(entries: list[Any], act: Callable[[dict[str, Any]], Any]) -> list[Any]:
    return [act(each) if isinstance(each, dict) else each for each in entries]
