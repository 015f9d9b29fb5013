"""Names that the server gives to what it creates in the database. They begin with `_`, as no configured name can."""

from __future__ import annotations

import hashlib

MAX_NAME_LENGTH = 63
"""PostgreSQL cuts longer names silently, which would make two of them one."""


def own_name(*parts: str) -> str:
    """Join ASCII parts to a name of at most 63 bytes. Longer ones end in a hash, so that they stay different."""
    name = "_" + "_".join(parts)
    if len(name) <= MAX_NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: MAX_NAME_LENGTH - 13]}_{digest}"


def primary_key_name(table: str) -> str:
    """Return the name of the primary key of `table`, which is its database name."""
    return own_name("pk", table)
