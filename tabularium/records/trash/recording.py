"""What a delete or a restore did, in the words of history and activity log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from tabularium.events import RecordAction, RecordChange
from tabularium.records.trash.outcome import Change
from tabularium.schema.model import Table

Tell = Callable[[Table, RecordAction, list[RecordChange]], Awaitable[None]]
"""Takes what was done to records of a table, as `Context.record_changes` does."""


async def tell_changes(changes: Iterable[Change], tell: Tell) -> None:
    """Tell of every record that was touched, those of one table and action together."""
    groups: dict[tuple[Table, RecordAction], list[RecordChange]] = {}
    for each in changes:
        fields = [(each.table.by_name[name], value, each.after[name]) for name, value in each.before.items()]
        differences = tuple(
            (field, {"from": before, "to": after}) for field, before, after in fields if before != after
        )
        # Entries of a record that goes or comes back hold no values, not even of links that became empty by that.
        told = differences if each.action == "update" else []
        groups.setdefault((each.table, each.action), []).append(
            RecordChange(str(each.key), each.revision, each.at, told)
        )
    for (table, action), some in groups.items():
        await tell(table, action, some)
