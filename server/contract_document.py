"""A contract in the form in which it is sent: its bytes, the same compressed, and their tag."""

from __future__ import annotations

import hashlib
from typing import Final

from handlers.services import ContractDocument
from server.answers import compress

_BEST_COMPRESSION: Final = 9


def contract_document(body: bytes) -> ContractDocument:
    """Make a contract ready to be sent. Takes some milliseconds for each megabyte."""
    return ContractDocument(body, compress(body, _BEST_COMPRESSION), f'"{hashlib.sha256(body).hexdigest()[:32]}"')
