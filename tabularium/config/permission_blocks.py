"""The keys of the block `permissions` of a table."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator

from tabularium.config.blocks import AudienceValue, Block, Nested, TableReference, refuse


def _only_admin(value: Any) -> Any:
    if value == ["admin"]:
        return value
    raise refuse("must be [admin]")


OnlyAdmin = Annotated[Any, PlainValidator(_only_admin)]


class ActionsBlock(Block):
    """Whom each action is open to, and which fields have rules of their own."""

    read: AudienceValue = None
    create: AudienceValue = None
    update: AudienceValue = None
    delete: AudienceValue = None
    comment: AudienceValue = None
    restore: AudienceValue = None
    permanent_delete: AudienceValue = None
    fields: Nested = None


class PermissionsBlock(ActionsBlock):
    """The rules of a table."""

    inherit: TableReference | None = None
    override: Nested = None


class OverrideBlock(ActionsBlock):
    """The rules that stand above all others."""

    admin: Nested = None


class AdminOverrideBlock(Block):
    """The actions that are kept for administrators."""

    read: OnlyAdmin = None
    create: OnlyAdmin = None
    update: OnlyAdmin = None
    delete: OnlyAdmin = None


class FieldPermissionBlock(Block):
    """Who may read and who may write one field."""

    field: str
    read: AudienceValue = None
    write: AudienceValue = None
