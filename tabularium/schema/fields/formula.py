"""`formula`: a value worked out from the other fields of the same record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import tzinfo
from typing import Any, Final, Literal

from pydantic import Field

from tabularium.db.dialect import SQLITE
from tabularium.schema.fields.any_number import AnyDecimalType, AnyNumberType
from tabularium.schema.fields.base import FieldOptions, FieldType, FormulaKind, Row, Scope, Unresolved
from tabularium.schema.fields.checkbox import CheckboxType
from tabularium.schema.fields.computed import ComputedType
from tabularium.schema.fields.date import DateType
from tabularium.schema.fields.datetime import DatetimeType
from tabularium.schema.fields.long_text import LongTextType
from tabularium.schema.fields.result_format import ResultFormat, shown_as
from tabularium.schema.formula.binding import bind_formula
from tabularium.schema.formula.translate import Terms, translate
from tabularium.schema.formula.tree import Node, field_names

ResultType = Literal["text", "number", "decimal", "boolean", "date", "datetime"]


class _ResultText(LongTextType):
    """What a formula yields as text: compared and sorted like a line of text, however long it is."""

    groups = frozenset({"E", "O", "T"})
    aggregates = frozenset({"min", "max"})


_RESULTS: Final[Mapping[ResultType, tuple[FormulaKind, Callable[[], FieldType]]]] = {
    "text": ("text", lambda: _ResultText(_ResultText.Options())),
    "number": ("number", AnyNumberType),
    "decimal": ("number", AnyDecimalType),
    "boolean": ("boolean", lambda: CheckboxType(CheckboxType.Options())),
    "date": ("date", lambda: DateType(DateType.Options())),
    "datetime": ("datetime", lambda: DatetimeType(DatetimeType.Options())),
}
"""What a formula must yield for each result type, and the type of the values."""

_FINISHED: Final[Mapping[ResultType, tuple[str, str]]] = {
    "text": ("{x}", '({x}) COLLATE "C"'),
    "number": ("tabularium_number_key(tabularium_number_result({x}))", "_tabularium_number_result({x})"),
    "decimal": ("tabularium_number_key(tabularium_decimal_result({x}))", "_tabularium_decimal_result({x})"),
    "boolean": ("CAST(({x}) AS INTEGER)", "({x})::boolean"),
    "date": ("({x})", "({x})::date"),
    "datetime": ("({x})", "({x})::timestamptz"),
}
"""What goes around the SQL of a formula to make a value of it, on SQLite and on PostgreSQL.

PostgreSQL neither sorts nor groups by a mere constant, and SQLite takes a number for that of a column; neither takes a
cast so.
"""


Values = Callable[[str], str]
"""The SQL of a field of the row in driver form, by its name."""


class FormulaOptions(FieldOptions):
    """The options of `formula`."""

    formula: str = Field(description="What is computed, in the formula language (docs/formulas.md).")
    result_type: ResultType | None = Field(
        None, description="What the formula yields; if it says something else than the formula, that is converted."
    )
    format: ResultFormat | None = Field(
        None,
        description="How the value is displayed: as currency, percentage, number, decimal, integer, duration, date or "
        "datetime; a name, or a mapping of `type` and the options of that type.",
    )


class FormulaType(ComputedType):
    """The value of a formula over what the fields of the record hold at that moment."""

    names = ("formula",)
    Options = FormulaOptions
    private_options = frozenset({"formula"})
    options: FormulaOptions
    node: Node
    result_type: ResultType

    def resolve(self, scope: Scope) -> FormulaType:
        asked = self.options.result_type
        node = bind_formula(self.options.formula, scope, _RESULTS[asked][0] if asked else None, "formula")
        result_type: ResultType = asked or node.kind
        shown = self.options.format
        if shown is not None and shown.formula_type != node.kind:
            raise Unresolved(("format", f"cannot show what the formula yields, which is of the type {result_type}"))
        return self.bound(_RESULTS[result_type][1](), node=node, result_type=result_type)

    def value_expression(self, name: str, row: Row) -> str:
        mentions = self._mentions(row)
        if max(mentions.values(), default=0) > 1:
            return _computed_in_steps(self, mentions, row)
        return self.computed(row, lambda other: row.value(row.table.by_name[other]))

    def _mentions(self, row: Row) -> Counter[str]:
        """Count how often each computed field is named, here and in the formulas that are needed, each of them once."""
        found: Counter[str] = Counter()
        remaining = [self]
        while remaining:
            for name in field_names(remaining.pop().node):
                kind = row.table.by_name[name].type
                if kind.is_computed:
                    found[name] += 1
                    if found[name] == 1 and isinstance(kind, FormulaType):
                        remaining.append(kind)
        return found

    def computed(self, row: Row, values: Values) -> str:
        """Return the SQL of the value over the values of other fields."""
        fields, dialect = row.table.by_name, row.dialect

        def operand(name: str) -> str:
            return fields[name].type.formula_expression(values(name), dialect)

        sql = translate(self.node, Terms(dialect, operand, row.now))
        sqlite, postgresql = _FINISHED[self.result_type]
        return (sqlite if dialect is SQLITE else postgresql).replace("{x}", sql)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        shown = None if self.options.format is None else shown_as(self.options.format, value, zone)
        return super().display(value, zone) if shown is None else shown


def _computed_in_steps(formula: FormulaType, names: Collection[str], row: Row) -> str:
    """Write a formula so that each computed field that it needs is computed once, however often it is named.

    Written out at every mention, a few formulas upon one another would grow beyond what a database can read. So there
    is a subquery for each level of them, the lower ones inside:

        (SELECT … FROM (SELECT _v1.*, … AS "b" FROM (SELECT … AS "a" LIMIT 1 OFFSET 0) AS _v1 LIMIT 1 OFFSET 0) AS _v2)

    The limit keeps both databases from writing what is inside into what is outside again.
    """
    values = _stored_values(row)
    source = ""
    for number, level in enumerate(_levels(names, row), 1):
        columns = [f"_v{number - 1}.*"] if source else []
        columns += [f"{_value_sql(name, row, values)} AS {row.dialect.quote(name)}" for name in level]
        below = f" FROM {source}" if source else ""
        source = f"(SELECT {', '.join(columns)}{below} LIMIT 1 OFFSET 0) AS _v{number}"
        values = _values_of_step(f"_v{number}", names, row)
    return f"(SELECT {formula.computed(row, values)} FROM {source})"


def _stored_values(row: Row) -> Values:
    return lambda name: row.value(row.table.by_name[name])


def _values_of_step(alias: str, names: Collection[str], row: Row) -> Values:
    stored = _stored_values(row)
    return lambda name: f"{alias}.{row.dialect.quote(name)}" if name in names else stored(name)


def _value_sql(name: str, row: Row, values: Values) -> str:
    kind = row.table.by_name[name].type
    return kind.computed(row, values) if isinstance(kind, FormulaType) else values(name)


def _levels(names: Collection[str], row: Row) -> list[list[str]]:
    """Sort computed fields into levels: what a formula needs lies in the levels below its own."""
    levels: dict[str, int] = {}

    def level_of(name: str) -> int:
        if name not in levels:
            kind = row.table.by_name[name].type
            needed = (
                {other for other in field_names(kind.node) if other in names} if isinstance(kind, FormulaType) else ()
            )
            levels[name] = 1 + max((level_of(other) for other in needed), default=-1)
        return levels[name]

    highest = max(level_of(name) for name in names)
    return [[name for name in names if levels[name] == level] for level in range(highest + 1)]
