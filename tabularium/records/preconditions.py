"""What a caller expects of a record before it is changed: that it still is in the revision that they have seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.context import Context
from tabularium.errors import NotFound, PreconditionFailed
from tabularium.query import GetParameters
from tabularium.query.expected import Expected
from tabularium.records import read
from tabularium.schema.model import Table


async def require(context: Context, table: Table, stored: Mapping[str, Any], expected: Expected | None) -> None:
    """Hold a stored record, which the transaction has locked, to what the caller expects of it; `None`: nothing.

    It comes after the values and before `updatedAt` (`docs/errors.md`). Raises `PreconditionFailed` with the record as
    the caller would read it.
    """
    if expected is not None and not expected.admits(stored["id"], stored["revision"]):
        raise PreconditionFailed(await _current(context, table, stored["id"]))


async def _current(context: Context, table: Table, record_id: str) -> dict[str, Any] | None:
    # The trash is looked into as well, since a record can be on its way out of there.
    parameters = GetParameters(include_deleted=context.identity.is_signed_in)
    try:
        return await read.get(context, table, record_id, parameters)
    except NotFound:
        return None
