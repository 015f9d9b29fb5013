"""Links into tables that the caller cannot read: no record exists there for them, so none can be linked to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from tabularium.access import policy
from tabularium.context import Context
from tabularium.records import values
from tabularium.records.links import MISSING
from tabularium.records.values import Candidate
from tabularium.schema.model import Field, Table


def refuse_unreadable(
    context: Context, table: Table, candidate: Candidate, stored: Mapping[str, Any] | None = None
) -> None:
    """Refuse the ids of such links that were sent, except for those that the stored record has already.

    They are refused in the words for an id that no record has, whether or not one has it. Defaults are the file's own
    will, and stay.
    """
    for field in _links(table):
        if field.name in candidate.sent and _is_unreadable(context, table, field):
            present = stored[field.name] if stored is not None else None
            _refuse_new(field, candidate, present)


@lru_cache(maxsize=1024)
def _links(table: Table) -> tuple[Field, ...]:
    return tuple(each for each in table.fields if each.type.related_table is not None)


def _is_unreadable(context: Context, table: Table, field: Field) -> bool:
    target = field.type.related_table
    return target is not None and "read" not in policy.permitted(context.identity, table.sibling(target))


def _refuse_new(field: Field, candidate: Candidate, present: Any) -> None:
    value = candidate.values.get(field.name)
    if value is None:
        return
    ids = values.to_json(field, value)
    for path, key in _places(field.name, ids):
        if key != present and not (isinstance(present, list) and key in present):
            candidate.refuse(path, MISSING[False].format(key=key), "not_found")
    if candidate.has_failed(field.name):
        del candidate.values[field.name]


def _places(name: str, ids: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(ids, list):
        yield from ((f"{name}.{place}", key) for place, key in enumerate(ids))
    else:
        yield name, ids
