"""Names in the database, derived from names of the file, and the names that the file may not give."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from tabularium.db.names import MAX_NAME_LENGTH, own_name

IDENTITY_TABLES: Final = frozenset({"user", "session", "account", "verification", "twofactor", "apikey"})
"""The tables of accounts and sessions, case ignored. Made where the file has `auth`, kept free in any case."""

SYSTEM_PREFIXES: Final = ("pg_", "sqlite_")
"""What the databases' own tables begin with: such a name would be refused, or would read another table."""

RESERVED_FIELDS: Final = frozenset({"id", "fields", "and", "or", "not"})

SYSTEM_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {f"{verb}_{what}": f"{verb}-{what}" for verb in ("created", "updated", "deleted") for what in ("at", "by")}
)
"""Field names that only the type of that name may have."""

POSTGRESQL_COLUMNS: Final = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Columns that PostgreSQL gives to every table."""


def table_database_name(name: str) -> str:
    """Return the name of a table in the database: lower case, `_` for spaces and hyphens, clear of other tables."""
    lowered = name.lower().replace(" ", "_").replace("-", "_")
    if lowered in IDENTITY_TABLES:
        return f"{lowered}_"
    if lowered.startswith(SYSTEM_PREFIXES):
        return f"t_{lowered}"[:MAX_NAME_LENGTH]
    return lowered


def sequence_name(table: str) -> str:
    """Return the name that PostgreSQL gives to the sequence of a table's automatic ids."""
    suffix = "_id_seq"
    return f"{table[: MAX_NAME_LENGTH - len(suffix)]}{suffix}"


@dataclass(frozen=True, slots=True)
class DerivedIndex:
    """An index that the file asks for without naming it: `ux` for a unique one, `ix` for another."""

    kind: Literal["ux", "ix"]
    table: str
    fields: tuple[str, ...]


def derived_index_names(indexes: Sequence[DerivedIndex]) -> dict[DerivedIndex, str]:
    """Name indexes by table and fields. Where two names would be one, both end in a hash; the order does not matter."""
    plain = {index: own_name(index.kind, index.table, *index.fields) for index in indexes}
    uses = Counter(plain.values())
    return {
        index: name if uses[name] == 1 else own_name(index.kind, index.table, *index.fields, _digest(index))
        for index, name in plain.items()
    }


def _digest(index: DerivedIndex) -> str:
    return hashlib.sha256("\0".join((index.table, *index.fields)).encode()).hexdigest()[:8]
