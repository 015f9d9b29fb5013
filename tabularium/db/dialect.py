"""The differences between the two databases that SQL text shows, in one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy.dialects import postgresql, sqlite


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two databases. There are two instances, `SQLITE` and `POSTGRESQL`; compare by identity."""

    name: str
    placeholder_sign: str
    sqlalchemy: sqlalchemy.Dialect = field(repr=False, compare=False)

    def placeholder(self, number: int) -> str:
        """Return the text of the bound parameter with this number, counted from 1. Both forms may be repeated."""
        return f"{self.placeholder_sign}{number}"

    def quote(self, identifier: str) -> str:
        """Quote an identifier, which must come from the schema and never from a request."""
        escaped = identifier.replace('"', '""')
        return f'"{escaped}"'


def _dialect(kind: Any) -> sqlalchemy.Dialect:
    made: sqlalchemy.Dialect = kind.dialect()
    return made


SQLITE = Dialect("sqlite", "?", _dialect(sqlite))
POSTGRESQL = Dialect("postgresql", "$", _dialect(postgresql))
DIALECTS = {dialect.name: dialect for dialect in (SQLITE, POSTGRESQL)}
