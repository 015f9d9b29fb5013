"""What lookup, rollup and count share: the rows that a link of the same table leads to, as far as a filter admits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from tabularium.schema.fields.base import FieldType, LinkedRows, Row, Scope, TableScope, Unresolved

_LINK_OPTION: Final = "relationshipField"


@dataclass(frozen=True, slots=True)
class LinkPath:
    """A link with the filter of the field that follows it."""

    field: str
    link: FieldType
    condition: object = None

    def rows(self, row: Row) -> LinkedRows:
        """Return the rows that the link of a row leads to, and that match the filter."""
        linked = self.link.linked(self.field, row)
        if linked is None:
            raise TypeError(f'The field "{self.field}" is no link.')
        if self.condition is None:
            return linked
        return replace(linked, condition=f"{linked.condition} AND ({linked.row.condition(self.condition)})")


def resolve_link(scope: Scope, field: str, filters: Any) -> LinkPath:
    """Return the path over a link of the field's own table. Raises `Unresolved` where that is no link."""
    link, target = link_and_target(scope, field)
    condition = None if filters is None else target.condition(filters, "filters")
    return LinkPath(field, link, condition)


def link_and_target(scope: Scope, field: str) -> tuple[FieldType, TableScope]:
    """Return a link of the field's own table, and the table that it leads into."""
    link = scope.own.field(field, _LINK_OPTION)
    if link.related_table is None:
        raise Unresolved((_LINK_OPTION, f'the field "{field}" is no relationship'))
    return link, scope.table(link.related_table, _LINK_OPTION)
