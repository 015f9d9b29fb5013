"""Numbers for new records, taken from counters once everything else is known to be right."""

from __future__ import annotations

from collections.abc import Sequence

from tabularium.db.counters import counter_name, take_numbers
from tabularium.db.database import Session
from tabularium.records.values import Candidate, numbered_fields
from tabularium.schema.model import Table


async def number(session: Session, table: Table, candidates: Sequence[Candidate]) -> None:
    """Give each candidate its numbers, in order. Costs one statement for each field that numbers records."""
    for field, first in numbered_fields(table):
        name = counter_name(table.database_name, field.name)
        begin = await take_numbers(session, name, first, len(candidates))
        for place, candidate in enumerate(candidates):
            candidate.values[field.name] = begin + place
