"""`updated-by`: the user who made the last change of a record."""

from __future__ import annotations

from tabularium.schema.fields.user_id import SystemUserType


class UpdatedByType(SystemUserType):
    """The user who changed the record last: as with the time of that, creation and deletion count."""

    names = ("updated-by",)
    set_on = frozenset({"create", "update", "delete"})
    envelope_key = "updatedBy"
