"""The values that fields had before some revisions, found by going back through the changes of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.events.changes import field_id
from tabularium.records.seen_links import hiding_fields
from tabularium.schema.model import Field, Table


class FormerValues:
    """The values of a record before the revisions that were undone, in JSON form, of the fields that these changed."""

    def __init__(self, table: Table, stored: Mapping[str, Any]) -> None:
        """Begin with the values that are `stored`."""
        self._values: dict[str, Any] = {}
        self._seen = {field_id(each): set(stored[each.name]) for each in hiding_fields(table)}
        """Of links to records that may be hidden, those that the caller would see."""

    def undo(self, changes: Mapping[str, Any]) -> None:
        """Go back before a revision with these changes, `{<id of the field>: {"from", "to"}}`."""
        for key, change in changes.items():
            self._values[key] = change["from"]
            if key in self._seen:
                before, after = _ids(change["from"]), _ids(change["to"])
                self._seen[key] = self._seen[key] - (after - before) | (before - after)

    def __contains__(self, field: Field) -> bool:
        return field_id(field) in self._values

    def __getitem__(self, field: Field) -> Any:
        """Return the value of a field.

        Links that were there all the time and that the caller does not see are left out of it: no write removes them.
        """
        key = field_id(field)
        value = self._values[key]
        return sorted(_ids(value) & self._seen[key]) if key in self._seen and isinstance(value, list) else value


def _ids(value: Any) -> set[str]:
    """Return the ids of a value of links; the field may have been of another type before."""
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
