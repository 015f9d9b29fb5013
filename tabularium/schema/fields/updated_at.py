"""`updated-at`: a name for the instant at which a record was last changed."""

from __future__ import annotations

from tabularium.schema.fields.temporal import SystemTimeType
from tabularium.schema.model import UPDATED_COLUMN


class UpdatedAtType(SystemTimeType):
    """The instant of the last change, set by the server."""

    names = ("updated-at",)
    system_column = UPDATED_COLUMN
