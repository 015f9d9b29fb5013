"""`count`: how many records a link leads to."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tabularium.schema.fields.base import FieldOptions, Row, Scope
from tabularium.schema.fields.computed import ComputedType, row_subquery
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.over_links import LinkPath, resolve_link


class CountOptions(FieldOptions):
    """The options of `count`."""

    relationship_field: str = Field(description="The link of the same table whose records are counted.")
    filters: dict[str, Any] | str | None = Field(None, description="Only records that match this filter count.")


class CountType(ComputedType):
    """The number of records that a link leads to: those that the caller sees, and that match `filters`."""

    names = ("count",)
    Options = CountOptions
    options: CountOptions
    private_options = frozenset({"filters"})
    path: LinkPath

    def resolve(self, scope: Scope) -> CountType:
        path = resolve_link(scope, self.options.relationship_field, self.options.filters)
        return self.bound(IntegerType(IntegerType.Options()), path=path)

    def value_expression(self, name: str, row: Row) -> str:
        linked = self.path.rows(row)
        return row_subquery("count(*)", linked.source, linked.condition)
