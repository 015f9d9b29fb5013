"""The keys of the blocks `permissions` and `rowLevelPermissions` of a table."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

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


_UNSUPPORTED: Final = "is not supported; say in conditions who may"


class RowRulesBlock(Block):
    """The rules for the rows of a table."""

    later = MappingProxyType({"isUnrestricted": _UNSUPPORTED})

    read: Nested = None
    create: Nested = None
    write: Nested = None
    delete: Nested = None


class RowRuleBlock(Block):
    """One rule: the condition that a row must fulfil."""

    later = MappingProxyType({"isUnrestricted": _UNSUPPORTED})

    when: Nested


class RowGroupBlock(Block):
    """Conditions of which all must hold, or any."""

    logic: Literal["and", "or"] = "and"
    conditions: Nested


class RowConditionBlock(Block):
    """One condition on a field of the row."""

    field: str
    operator: Literal["eq", "neq", "in"]
    value: Any
