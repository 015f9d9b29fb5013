"""`user`: a user of the application, or several."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tabularium.db.identity.tables import USER
from tabularium.db.names import own_name
from tabularium.schema.fields.base import FieldOptions, FieldType, Scope
from tabularium.schema.fields.link_table import KEY_KINDS, SOURCE, TARGET, LinkEnd, LinkTable
from tabularium.schema.fields.user_id import CURRENT_USER, UserIdType
from tabularium.schema.fields.user_list import UserListType


class UserOptions(FieldOptions):
    """The options of `user`."""

    allow_multiple: bool = Field(False, description="Whether the value is a list of users.")


class UserType(UserIdType):
    """The id of one user. With `allowMultiple` it resolves to `UserListType`."""

    names = ("user",)
    Options = UserOptions
    options: UserOptions

    def __init__(self, options: UserOptions) -> None:
        super().__init__(options)
        self.is_uniquable = not options.allow_multiple

    def resolve(self, scope: Scope) -> FieldType:
        if not self.options.allow_multiple:
            return self
        own = scope.own
        link = LinkTable(
            own_name("links", own.database_name, scope.field_name),
            LinkEnd(SOURCE, own.database_name, KEY_KINDS[own.key.kind]),
            LinkEnd(TARGET, USER.name, "text"),
        )
        return UserListType(self.options, link, self)

    def default_value(self, default: Any, now: str, user: str | None = None) -> Any:
        return user if default == CURRENT_USER else self.parse(default, "default")
