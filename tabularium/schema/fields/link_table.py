"""Links in a table of their own: where they lie, and how a list of ids is read from a request or a cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tabularium.db.dialect import Dialect
from tabularium.db.names import own_name
from tabularium.schema.fields.base import InvalidValue, Problem
from tabularium.schema.fields.list_items import read_items, repeated_items
from tabularium.schema.fields.storage import ColumnKind, stored_column
from tabularium.schema.model import KEY_COLUMN, KeyKind

MAX_LINKS: Final = 1000
SOURCE: Final = "source"
TARGET: Final = "target"

KEY_KINDS: Final[Mapping[KeyKind, ColumnKind]] = {
    "auto-increment": "integer",
    "composite": "integer",
    "uuid": "uuid",
    "text": "text",
}
"""What holds the keys of each kind."""


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One end of a table of links: the column of its keys, the table that they are of, and their kind."""

    column: str
    table: str
    kind: ColumnKind

    def type_text(self, dialect: Dialect) -> str:
        """Return the column's type, as the database writes it."""
        return str(stored_column(self.column, self.kind, dialect).type.compile(dialect=dialect.sqlalchemy))


@dataclass(frozen=True, slots=True)
class LinkTable:
    """A table of links as one of its two fields sees it."""

    name: str
    own: LinkEnd
    other: LinkEnd

    def ddl(self, dialect: Dialect) -> tuple[str, ...]:
        """Return the SQL that creates the table, which reads quickly from both ends."""
        quote = dialect.quote
        columns = ", ".join(
            f"{quote(end.column)} {end.type_text(dialect)} NOT NULL "
            f"REFERENCES {quote(end.table)} ({quote(KEY_COLUMN)}) ON DELETE CASCADE"
            for end in self.ends
        )
        keys = f"PRIMARY KEY ({quote(SOURCE)}, {quote(TARGET)})"
        index, backwards = own_name("ix", self.name), f"{quote(TARGET)}, {quote(SOURCE)}"
        return (
            f"CREATE TABLE IF NOT EXISTS {quote(self.name)} ({columns}, {keys})",
            f"CREATE INDEX IF NOT EXISTS {quote(index)} ON {quote(self.name)} ({backwards})",
        )

    @property
    def ends(self) -> tuple[LinkEnd, LinkEnd]:
        """Both ends in an order that does not depend on the field."""
        return (self.own, self.other) if self.own.column == SOURCE else (self.other, self.own)


def read_keys(value: Any, read: Callable[[Any], Any]) -> list[Any]:
    """Return the keys of a list of ids, each read by `read`. Raises `InvalidValue` with all that is wrong."""
    keys, problems = read_items(value, read)
    problems += repeated_items(keys)
    if len(keys) > MAX_LINKS:
        problems.append(Problem("too_many", f"Must have at most {MAX_LINKS} ids."))
    if problems:
        raise InvalidValue(*problems)
    return keys


def read_list_text(text: str) -> Any:
    """Return the JSON list that a cell holds."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidValue(Problem("wrong_type", 'Must be a JSON list of ids, such as ["1", "2"].')) from None
