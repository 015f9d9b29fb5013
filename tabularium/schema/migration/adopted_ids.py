"""What is kept under the ids of tables and fields: where the file gives others, and where they go for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.comments import COMMENT, MARK, THREAD
from tabularium.db.database import Session, Statement
from tabularium.db.dialect import Dialect
from tabularium.db.kept_changes import key_of, parts_of, rewrite_changes, rewritten

_KEPT: Final = (ACTIVITY, COMMENT, THREAD, MARK)
"""The tables with a column `table_id`."""
_MOVING: Final = "~"
"""Begins no id, so that two tables may swap theirs."""


@dataclass(frozen=True, slots=True)
class Rekeying:
    """New ids of fields, by the former ones, of a table under the id that it has then; and fields that are gone."""

    table_id: str
    ids: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()


def departures(ids: Iterable[str], dialect: Dialect) -> Iterator[Statement]:
    """Yield what takes everything that is kept from under the former ids of tables."""
    yield from (move for former in ids for move in _moves(former, _MOVING + former, dialect))


def arrivals(former: str, later: str, dialect: Dialect) -> Iterator[Statement]:
    """Yield what brings everything that has departed from an id to a new one."""
    yield from _moves(_MOVING + former, later, dialect)


def _moves(former: str, later: str, dialect: Dialect) -> Iterator[Statement]:
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    for name in _KEPT:
        yield f"UPDATE {dialect.quote(name)} SET table_id = {one} WHERE table_id = {two}", (later, former)


def end_of_records(table_id: str, dialect: Dialect) -> tuple[Statement, ...]:
    """Return what removes the values of records of a table that is dropped, as removing each of them for good would."""
    # Without a revision an entry is one of the log alone.
    ends = f"UPDATE {ACTIVITY} SET changes = NULL, revision = NULL WHERE table_id = {dialect.placeholder(1)}"
    return ((ends, (table_id,)),)


async def rekey(session: Session, rekeying: Rekeying) -> None:
    """Bring the changes that are kept of a table to what its fields are now."""
    await rewrite_changes(session, rekeying.table_id, partial(_rekeyed, rekeying=rekeying))


def _rekeyed(text: str, rekeying: Rekeying) -> str:
    ids = rekeying.ids
    # Values under an id that another field has from now on are those of a field that was dropped: no history may show
    # them. The log tells them under the name of their time.
    lost = (set(ids.values()) - ids.keys()) | rekeying.gone

    def moved(key: str) -> str:
        former, name = parts_of(key)
        if key == name:
            return key
        return key_of("", name) if former in lost else key_of(ids.get(former, former), name)

    return rewritten(text, moved, lambda _, value: value)
