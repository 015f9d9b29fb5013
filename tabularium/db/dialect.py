"""The differences between the two databases that SQL text shows, in one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import pysqlite


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

    def literal(self, text: str) -> str:
        """Write text of the schema as an SQL literal. Values of requests are bound, never written."""
        if "\0" in text:
            raise ValueError("Neither database can hold U+0000 in a text.")
        escaped = text.replace("'", "''")
        if self.name == "postgresql" and "\\" in escaped:
            # The E form reads the same whatever `standard_conforming_strings` says.
            escaped = escaped.replace("\\", "\\\\")
            return f"E'{escaped}'"
        return f"'{escaped}'"


def _dialect(kind: Any) -> sqlalchemy.Dialect:
    made: sqlalchemy.Dialect = kind.dialect()
    return made


SQLITE = Dialect("sqlite", "?", _dialect(pysqlite))
POSTGRESQL = Dialect("postgresql", "$", _dialect(asyncpg))
DIALECTS = {dialect.name: dialect for dialect in (SQLITE, POSTGRESQL)}
