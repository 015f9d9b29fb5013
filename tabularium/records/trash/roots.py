"""The records that a caller asks for: found by the one statement that decides whether they exist for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tabularium.context import Context
from tabularium.db.dialect import POSTGRESQL
from tabularium.query.expected import Expected
from tabularium.query.moment import Moment
from tabularium.records import preconditions
from tabularium.records.trash.family import Scope, find_family, hold_missing
from tabularium.records.trash.keys import Key, Node
from tabularium.records.trash.outcome import Change
from tabularium.records.trash.references import references_of
from tabularium.records.trash.rows import Act, Stored, hold_rows, seen_rows
from tabularium.schema.model import Table


@dataclass(frozen=True)
class Roots:
    """The records of one request. `rows` are theirs in its order, `None` for one that does not exist."""

    table: Table
    keys: tuple[Key, ...]
    """The keys that a record can have: all of them where no record is missing."""
    rows: tuple[Stored | None, ...]
    held: dict[Node, Stored]
    """What is held so far, to which others add."""
    refused: tuple[int, ...] = ()
    """The places of records that exist for the caller and that a rule for rows keeps where they are."""

    @cached_property
    def places(self) -> Mapping[Node, int]:
        """The places of the records in the request, where none is missing."""
        return {(self.table, key): place for place, key in enumerate(self.keys)}

    async def require(self, context: Context, expected: Expected | None) -> None:
        """Hold each record to what the caller expects of it. Raises `PreconditionFailed`."""
        for key, row in zip(self.keys, self.rows, strict=True):
            if row is not None:
                stored = {"id": str(key), "revision": row.revision}
                await preconditions.require(context, self.table, stored, expected)

    def missing(self, is_seen: Callable[[Stored], bool]) -> tuple[int, ...]:
        """Return the places of records that do not exist, or not in the sense of `is_seen`."""
        return tuple(place for place, row in enumerate(self.rows) if row is None or not is_seen(row))

    def first(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Return changes with those of the request first, in its order."""
        end = len(self.places)
        return tuple(sorted(changes, key=lambda each: self.places.get((each.table, each.key), end)))


async def find_roots(act: Act, table: Table, keys: Sequence[Key | None], scope: Scope, moment: Moment) -> Roots:
    """Find and hold the records of a request, as far as they exist for the caller.

    On PostgreSQL what goes with them is held first, so that of two requests neither waits for the other in a circle.
    """
    possible = tuple(key for key in keys if key is not None)
    held: dict[Node, Stored] = {}
    is_referenced = any(each.parent is table for each in references_of(act.schema))
    if act.dialect is POSTGRESQL and is_referenced:
        await hold_missing(act, await find_family(act, {table: possible}, scope), held)
    found = await hold_rows(act, table, possible)
    held.update({(table, key): stored for key, stored in found.items()})
    seen = await seen_rows(act, table, found.keys(), moment)
    rows = tuple(None if key is None or key not in seen else found.get(key) for key in keys)
    refused = tuple(place for place, key in enumerate(keys) if key is not None and seen.get(key) is False)
    return Roots(table, possible, rows, held, refused)
