"""The column types of the two databases, by the kind of what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import sqlalchemy
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from tabularium.db.dialect import POSTGRESQL, Dialect

ColumnKind = Literal["text", "integer", "small", "double", "boolean", "date", "time", "instant", "uuid", "json"]

_MakeType = Callable[[], TypeEngine[Any]]

_ON_POSTGRESQL: Final[Mapping[ColumnKind, _MakeType]] = {
    # By code point, which is how SQLite's own order of text works; a collation of the machine would differ.
    "text": lambda: sqlalchemy.Text(collation="C"),
    "integer": sqlalchemy.BigInteger,
    "small": sqlalchemy.SmallInteger,
    "double": sqlalchemy.Double,
    "boolean": sqlalchemy.Boolean,
    "date": sqlalchemy.Date,
    "time": lambda: postgresql.TIME(precision=0),
    "instant": lambda: postgresql.TIMESTAMP(timezone=True, precision=3),
    "uuid": postgresql.UUID,
    # Not `jsonb`, which would reorder keys and rewrite numbers.
    "json": postgresql.JSON,
}

_ON_SQLITE: Final[Mapping[ColumnKind, _MakeType]] = {
    "text": sqlalchemy.Text,
    "integer": sqlalchemy.Integer,
    "small": sqlalchemy.Integer,
    "double": sqlalchemy.REAL,
    "boolean": sqlalchemy.Integer,
    "date": sqlalchemy.Text,
    "time": sqlalchemy.Text,
    "instant": sqlalchemy.Text,
    "uuid": sqlalchemy.Text,
    "json": sqlalchemy.Text,
}


def stored_column(name: str, kind: ColumnKind, dialect: Dialect) -> sqlalchemy.Column[Any]:
    """Make a nullable column for values of this kind."""
    types = _ON_POSTGRESQL if dialect is POSTGRESQL else _ON_SQLITE
    return sqlalchemy.Column(name, types[kind](), nullable=True)


def exact_column(name: str, places: int, dialect: Dialect) -> sqlalchemy.Column[Any]:
    """Make a nullable column for exact numbers with `places` decimals: on SQLite it holds the number × 10^places."""
    kind = sqlalchemy.Numeric(18, places) if dialect is POSTGRESQL else sqlalchemy.Integer()
    return sqlalchemy.Column(name, kind, nullable=True)
