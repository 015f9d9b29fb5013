"""Reading the values of many new records, field by field: what fits is told by few operations over all of its values.

It only ever says that values fit. Records that have a fault, or that this does not know, are read one by one
(`records.values`), which finds and words every fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tabularium.access.policy import TableAccess
from tabularium.records.values import Candidate, apply_defaults, check_required
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.model import Field, Table

_FEW: Final = 4
"""For fewer records with the same fields it does not pay."""

Sent = Sequence[Mapping[str, Any]]
Reader = tuple[TableAccess, str, str | None]
"""What the caller may do, the instant of the request, and who sends it, if somebody does."""


def read_many(table: Table, sent: Sent, path: Callable[[int], str], reader: Reader) -> dict[int, Candidate]:
    """Return the candidates of the records, by their places, that are new, whole and without a fault.

    Records whose clients set the keys are not among them.
    """
    if table.primary_key.is_sent_by_client:
        return {}
    places_of: dict[tuple[str, ...], list[int]] = {}
    for place, each in enumerate(sent):
        places_of.setdefault(tuple(each), []).append(place)
    found: dict[int, Candidate] = {}
    for names, places in places_of.items():
        if names and len(places) >= _FEW:
            rows = _rows(table, names, [sent[place] for place in places], reader)
            shared = frozenset(names)
            found |= {place: Candidate(path(place), row, sent=shared) for place, row in zip(places, rows, strict=False)}
    return found


def _rows(table: Table, names: tuple[str, ...], sent: Sent, reader: Reader) -> Iterator[dict[str, Any]]:
    """Yield the stored values of records that were sent with the same fields; nothing where any has a fault."""
    access, now, user = reader
    absent = Candidate("")
    apply_defaults(table, dict.fromkeys(names), absent, now, user)
    check_required(table, absent)
    if absent.errors or not access.writable.issuperset(names):
        return
    try:
        columns = [_column(table.by_name[name], [each[name] for each in sent]) for name in names]
    except InvalidValue:
        return
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True)) | absent.values


def _column(field: Field, sent: list[Any]) -> list[Any]:
    """Return stored values. Raises `InvalidValue` where one does not fit the field."""
    given = [value for value in sent if value is not None]
    stored = field.type.parse_column(given) if given else given
    if field.required and (len(given) < len(sent) or any(map(field.type.is_blank, stored))):
        raise InvalidValue
    if len(given) == len(sent):
        return stored
    if stored is given:
        return sent
    following = iter(stored)
    return [None if value is None else next(following) for value in sent]
