"""The walk over a condition's syntax tree: it applies a rule to each node and refuses what no rule admits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from tabularium.schema.condition_syntax import ConditionError, UnknownName, nearest, offset_of
from tabularium.schema.condition_values import Columns, Value, ValueKind, as_kind


class Translation:
    """One walk over a tree, from the leaves up."""

    def __init__(self, columns: Columns, rules: Rules) -> None:
        self._columns = columns
        self._rules = rules
        self.names: dict[str, None] = {}

    def value(self, node: exp.Expr) -> Value:
        rule = self._rules.get(type(node))
        if rule is None:
            raise ConditionError(f"{_called(node)} is not allowed", offset_of(node))
        allowed, translate = rule
        surplus = [key for key, part in node.args.items() if part and key not in allowed]
        if surplus:
            raise ConditionError(f"{_called(node)} is not allowed in this form", offset_of(node))
        try:
            return translate(self, node)
        except ConditionError as failure:
            if failure.offset is None:
                failure.offset = offset_of(node)
            raise

    def part(self, node: exp.Expr, key: str = "this") -> Value:
        part = node.args.get(key)
        if not isinstance(part, exp.Expr):
            raise ConditionError(f"{_called(node)} lacks a value")
        return self.value(part)

    def parts(self, node: exp.Expr, key: str = "expressions") -> list[Value]:
        return [self.value(part) for part in node.args.get(key) or ()]

    def typed(self, node: exp.Expr, kind: ValueKind, key: str = "this") -> Value:
        return as_kind(self.part(node, key), kind)

    def column(self, node: exp.Expr) -> Value:
        name = node.name
        found = self._columns.get(name)
        if found is None:
            raise UnknownName(name, nearest(name, self._columns))
        self.names[name] = None
        return found


def _called(node: exp.Expr) -> str:
    return f'"{type(node).__name__.upper()}"'


Rule = tuple[frozenset[str], Callable[[Translation, exp.Expr], Value]]
"""The parts that a kind of node may have, and the function that types and writes it."""

Rules = Mapping[type[exp.Expr], Rule]
