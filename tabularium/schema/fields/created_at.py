"""`created-at`: a name for the instant at which a record was created."""

from __future__ import annotations

from tabularium.schema.fields.temporal import SystemTimeType
from tabularium.schema.model import CREATED_COLUMN


class CreatedAtType(SystemTimeType):
    """The instant of creation, set by the server."""

    names = ("created-at",)
    system_column = CREATED_COLUMN
