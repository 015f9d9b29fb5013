"""`deleted-by`: the user who moved a record to the trash."""

from __future__ import annotations

from tabularium.schema.fields.user_id import SystemUserType


class DeletedByType(SystemUserType):
    """The user who moved the record to the trash; empty for a live record."""

    names = ("deleted-by",)
    set_on = frozenset({"delete"})
    envelope_key = "deletedBy"
