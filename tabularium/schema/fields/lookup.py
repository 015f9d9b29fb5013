"""`lookup`: the values that a field has in the records that a link leads to."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any

from pydantic import Field

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import (
    DisplaySource,
    FieldOptions,
    FieldType,
    Group,
    LinkedRows,
    Row,
    Scope,
    Unresolved,
)
from tabularium.schema.fields.computed import ComputedType, row_subquery
from tabularium.schema.fields.over_links import LinkPath, link_and_target, resolve_link
from tabularium.schema.fields.value_list import ListType


class LookupOptions(FieldOptions):
    """The options of `lookup`."""

    relationship_field: str = Field(description="The link of the same table that is followed.")
    related_field: str = Field(description="The field of the linked records whose values are shown.")
    filters: dict[str, Any] | str | None = Field(None, description="Only records that match this filter are looked at.")


class LookupType(ComputedType):
    """Over a link to one record the related value, over one to many a list of the related values in key order.

    Empty values are left out of a list.
    """

    names = ("lookup",)
    Options = LookupOptions
    options: LookupOptions
    private_options = frozenset({"filters"})
    path: LinkPath
    related: FieldType

    def resolve(self, scope: Scope) -> LookupType:
        link, target = link_and_target(scope, self.options.relationship_field)
        related = target.field(self.options.related_field, "relatedField")
        if not related.has_value:
            raise Unresolved(("relatedField", f'the field "{self.options.related_field}" has no value'))
        if not link.is_many:
            result = related
        elif "A" in related.groups:
            raise Unresolved(("relatedField", f'the field "{self.options.related_field}" is a list in each record'))
        else:
            result = ListType(related)
        path = resolve_link(scope, self.options.relationship_field, self.options.filters)
        return self.bound(result, path=path, related=related)

    def value_expression(self, name: str, row: Row) -> str:
        linked = self.path.rows(row)
        value = self.related.value_expression(self.options.related_field, linked.row)
        return self._over(linked, value, row.dialect)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        if isinstance(self.result, ListType):
            return self.result.comparable(self.value_expression(name, row), row.dialect)
        linked = self.path.rows(row)
        return row_subquery(
            self.related.filter_expression(self.options.related_field, group, linked.row),
            linked.source,
            linked.condition,
        )

    def display_source(self, name: str, row: Row) -> DisplaySource | None:
        linked = self.path.rows(row)
        source = self.related.display_source(self.options.related_field, linked.row)
        if source is None or not isinstance(self.result, ListType):
            return source and DisplaySource(row_subquery(source.sql, linked.source, linked.condition), source.show)
        return _joined(source, linked, row.dialect)

    def _over(self, linked: LinkedRows, value: str, dialect: Dialect) -> str:
        if isinstance(self.result, ListType):
            return self.result.collected(value, linked, linked.order, dialect)
        return row_subquery(value, linked.source, linked.condition)


def _joined(source: DisplaySource, linked: LinkedRows, dialect: Dialect) -> DisplaySource:
    """Return what shows the values of many records, each as its own field is shown."""
    rows = (
        f"SELECT {source.sql} AS _shown FROM {linked.source} WHERE {linked.condition} "
        f"AND {source.sql} IS NOT NULL ORDER BY {linked.order}"
    )
    is_text = dialect is SQLITE
    sql = f"(SELECT json_group_array(_shown) FROM ({rows}))" if is_text else f"ARRAY({rows})"

    def show(values: Any, zone: tzinfo | None) -> str:
        return ", ".join(source.show(value, zone) for value in (json.loads(values) if is_text else values))

    return DisplaySource(sql, show)
