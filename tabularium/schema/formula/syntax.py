"""The text of a formula to its tree as written, by sqlglot's parser and a closed list of what it may find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError
from sqlglot.tokens import Token  # type: ignore[attr-defined]  # passed on without a word of export

from tabularium.schema.formula.tokens import Admission, cut
from tabularium.schema.formula.tree import Constant, FormulaError, FormulaRefused, Written, WrittenCall

_SQL: Final = Dialect.get_or_raise(None)


def parse_formula(text: str) -> Written:
    """Return the tree of a formula. Raises `FormulaRefused` with all that is not allowed."""
    tokens = cut(text)
    admission = Admission(tokens)
    if admission.errors:
        raise FormulaRefused(admission.errors)
    try:
        trees = _SQL.parser().parse_into(exp.Condition, admission.admitted, text)
        if len(trees) == 1 and trees[0] is not None:
            return _Reader(admission).read(trees[0])
    except ParseError as failure:
        raise FormulaRefused([_not_understood(failure, tokens)]) from None
    except FormulaError as failure:
        raise FormulaRefused([failure]) from None
    except RecursionError:
        raise FormulaRefused([FormulaError("is nested too deeply")]) from None
    raise FormulaRefused([FormulaError("must be one formula")])


def _not_understood(failure: ParseError, tokens: Iterable[Token]) -> FormulaError:
    details: Mapping[str, object] = failure.errors[0] if failure.errors else {}
    place = (details.get("line"), details.get("col"))
    token = next((each for each in tokens if (each.line, each.col) == place), None)
    if token is None:
        return FormulaError("is not understood")
    return FormulaError(f'is not understood near "{token.text}"', token.start)


class _Reader:
    """One walk over the parser's tree, which it writes anew with what the quoted names stand for."""

    def __init__(self, admission: Admission) -> None:
        self._leaves = admission.leaves
        self._offsets = admission.offsets

    def read(self, node: exp.Expr) -> Written:
        allowed, read = _NODES.get(type(node), (frozenset(), None))
        surplus = [key for key, part in node.args.items() if part and key not in allowed]
        if read is None or surplus:
            called = _CALLED.get(type(node), f'"{type(node).__name__.upper()}"')
            raise FormulaError(f"{called} is not allowed here", self.offset(node))
        return read(self, node)

    def part(self, node: exp.Expr, key: str = "this") -> Written:
        part = node.args.get(key)
        if not isinstance(part, exp.Expr):
            raise FormulaError("a value is missing", self.offset(node))
        return self.read(part)

    def parts(self, node: exp.Expr) -> Iterator[Written]:
        return (self.read(part) for part in node.args.get("expressions") or ())

    def leaf(self, node: exp.Expr) -> Written:
        found = self._leaves[node.name]
        if isinstance(found, str):
            raise FormulaError(f"{found} is a function; its values stand in parentheses", self._offsets[node.name])
        return found

    def function(self, node: exp.Expr) -> WrittenCall:
        found = self._leaves[node.name]
        if not isinstance(found, str):
            raise FormulaError("is not understood", self._offsets[node.name])
        return WrittenCall(found, tuple(self.parts(node)), self._offsets[node.name])

    def call(self, node: exp.Expr, name: str, arguments: Iterable[Written]) -> WrittenCall:
        return WrittenCall(name, tuple(arguments), self.offset(node) or 0)

    def offset(self, node: exp.Expr) -> int | None:
        places = (self._offsets.get(name.name) for name in node.find_all(exp.Identifier))
        return min((place for place in places if place is not None), default=None)


_Read = Callable[[_Reader, Any], Written]


def _binary(name: str) -> _Read:
    return lambda reader, node: reader.call(node, name, (reader.part(node), reader.part(node, "expression")))


def _chain(name: str) -> _Read:
    """Read `a AND b AND c`, which the parser nests, as one call."""

    def read(reader: _Reader, node: exp.Expr) -> Written:
        parts: list[Written] = []
        for key in ("this", "expression"):
            part = reader.part(node, key)
            inner = isinstance(part, WrittenCall) and part.name == name and not isinstance(node.args[key], exp.Paren)
            parts.extend(part.arguments if inner and isinstance(part, WrittenCall) else (part,))
        return reader.call(node, name, parts)

    return read


def _not(reader: _Reader, node: exp.Expr) -> Written:
    negated = node.args.get("this")
    name = next((name for kind, name in _NEGATIONS.items() if isinstance(negated, kind)), None)
    part = reader.part(node)
    if name is not None and isinstance(part, WrittenCall):
        return WrittenCall(name, part.arguments, part.offset)
    return reader.call(node, "NOT", (part,))


def _negative(reader: _Reader, node: exp.Expr) -> Written:
    part = reader.part(node)
    if isinstance(part, Constant) and isinstance(part.value, Decimal):
        return Constant("number", part.value.copy_negate(), part.offset)
    return reader.call(node, "NEGATIVE", (part,))


def _is_null(reader: _Reader, node: exp.Expr) -> Written:
    if not isinstance(node.args.get("expression"), exp.Null):
        raise FormulaError("IS is allowed only before NULL and NOT NULL")
    return reader.call(node, "IS NULL", (reader.part(node),))


def _in(reader: _Reader, node: exp.Expr) -> Written:
    if not node.args.get("expressions"):
        raise FormulaError("IN needs at least one value in its parentheses", reader.offset(node))
    return reader.call(node, "IN", (reader.part(node), *reader.parts(node)))


def _between(reader: _Reader, node: exp.Expr) -> Written:
    return reader.call(node, "BETWEEN", (reader.part(node, key) for key in ("this", "low", "high")))


def _case(reader: _Reader, node: exp.Expr) -> Written:
    """Read `CASE x WHEN …` as SWITCH, and `CASE WHEN …` as a call of its own."""
    operand = [reader.part(node)] if node.args.get("this") else []
    branches = [reader.part(branch, key) for branch in node.args.get("ifs") or () for key in ("this", "true")]
    default = [reader.part(node, "default")] if node.args.get("default") else []
    if not branches:
        raise FormulaError("CASE needs at least one WHEN with its THEN")
    return reader.call(node, "SWITCH" if operand else "CASE", (*operand, *branches, *default))


_ONE: Final = frozenset({"this"})
_PAIR: Final = frozenset({"this", "expression"})

_NEGATIONS: Final[Mapping[type[exp.Expr], str]] = {exp.In: "NOT IN", exp.Between: "NOT BETWEEN", exp.Is: "IS NOT NULL"}
"""What a NOT without parentheses makes of the operators that have a negative of their own."""

_CALLED: Final[Mapping[type[exp.Expr], str]] = {exp.Tuple: "a list of values", exp.Star: '"*"'}

_OPERATORS: Final[Mapping[type[exp.Expr], str]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "MOD",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_CHAINS: Final[Mapping[type[exp.Expr], str]] = {
    exp.And: "AND",
    exp.Or: "OR",
    exp.DPipe: "CONCAT",
    exp.BitwiseAnd: "CONCAT",
}

_NODES: Final[Mapping[type[exp.Expr], tuple[frozenset[str], _Read]]] = {
    exp.Paren: (_ONE, lambda reader, node: reader.part(node)),
    exp.Column: (_ONE, lambda reader, node: reader.leaf(node)),
    exp.Anonymous: (_ONE | {"expressions"}, lambda reader, node: reader.function(node)),
    exp.Not: (_ONE, _not),
    exp.Neg: (_ONE, _negative),
    exp.Is: (_PAIR, _is_null),
    exp.In: (_ONE | {"expressions"}, _in),
    exp.Between: (frozenset({"this", "low", "high"}), _between),
    exp.Case: (frozenset({"this", "ifs", "default"}), _case),
    **{kind: (_PAIR, _binary(name)) for kind, name in _OPERATORS.items()},
    **{kind: (_PAIR | {"safe"}, _chain(name)) for kind, name in _CHAINS.items()},
}
"""The closed list: each kind of node with the parts that it may have, and how it is read."""
