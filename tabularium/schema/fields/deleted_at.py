"""`deleted-at`: a name for the instant at which a record was moved to the trash."""

from __future__ import annotations

from tabularium.schema.fields.temporal import SystemTimeType
from tabularium.schema.model import DELETED_COLUMN


class DeletedAtType(SystemTimeType):
    """The instant of the move to the trash; empty for a live record."""

    names = ("deleted-at",)
    system_column = DELETED_COLUMN
