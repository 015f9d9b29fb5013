"""Keeps the typed contracts that were made, one for each set of roles and for anonymous callers, ready to be sent."""

from __future__ import annotations

import asyncio
import threading
from typing import Final

import orjson

from handlers.services import ContractDocument
from server.contract_document import contract_document
from server.typed_contract.expansion import expand_tables
from tabularium.access.identity import Identity
from tabularium.schema.model import Schema

_MOST_KEPT: Final = 32


class TypedContracts:
    """The typed contracts of one application."""

    def __init__(self, document: bytes, schema: Schema) -> None:
        self._document = document
        self._schema = schema
        self._made: dict[tuple[frozenset[str], bool], ContractDocument] = {}
        self._lock = threading.Lock()

    async def of(self, identity: Identity) -> ContractDocument:
        """Return the contract as the caller may see it. The first to ask waits until it is made, off the event loop."""
        found = self._made.get((identity.roles, identity.is_signed_in))
        return await asyncio.to_thread(self._make, identity) if found is None else found

    def _make(self, identity: Identity) -> ContractDocument:
        with self._lock:  # Others who ask meanwhile wait for the one that is in the making.
            seen = (identity.roles, identity.is_signed_in)
            if seen in self._made:
                return self._made[seen]
            if len(self._made) >= _MOST_KEPT:
                del self._made[next(iter(self._made))]
            made = contract_document(typed_contract_bytes(self._document, self._schema, identity))
            self._made[seen] = made
            return made


def typed_contract_bytes(document: bytes, schema: Schema, identity: Identity) -> bytes:
    """Return the typed contract as JSON: the same schema and roles give the same bytes."""
    expanded = expand_tables(orjson.loads(document), schema, identity)
    return orjson.dumps(expanded, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
