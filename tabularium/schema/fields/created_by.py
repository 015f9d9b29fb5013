"""`created-by`: the user who created a record."""

from __future__ import annotations

from tabularium.schema.fields.user_id import SystemUserType


class CreatedByType(SystemUserType):
    """The user who created the record."""

    names = ("created-by",)
    set_on = frozenset({"create"})
    envelope_key = "createdBy"
