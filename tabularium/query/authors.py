"""Who made a record, who changed it last and who removed it: what stands beside the fields of a record."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from tabularium.schema.fields.deleted_by import DeletedByType
from tabularium.schema.model import Table

Authors = tuple[tuple[str, str], ...]
"""Keys of the envelope, each with the field that it has its value from."""


def authors_of(table: Table, readable: Collection[str]) -> Authors:
    """Return what the envelope tells a caller who may read these fields. Of several of a type the first is taken."""
    found: dict[str, str] = {}
    for key, name in _declared(table):
        if name in readable:
            found.setdefault(key, name)
    return tuple(found.items())


@lru_cache(maxsize=1024)
def _declared(table: Table) -> Authors:
    """Return the fields of these types, in the order of the keys and of the configuration."""
    keyed = [(each.type.envelope_key, each.name) for each in table.fields if each.type.envelope_key is not None]
    return tuple(sorted(keyed, key=lambda pair: pair[0]))


def of_every_record(authors: Authors) -> Authors:
    """Return those that a live record has too."""
    return tuple(pair for pair in authors if pair[0] != DeletedByType.envelope_key)


def of_the_trash(authors: Authors) -> Authors:
    """Return what a record in the trash has besides."""
    return tuple(pair for pair in authors if pair[0] == DeletedByType.envelope_key)
