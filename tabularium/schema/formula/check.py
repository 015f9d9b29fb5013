"""The types of a formula: every call finds its function, and every argument fits it, or is an error with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tabularium.config.problems import quoted
from tabularium.db.date_patterns import BadPattern, Token, read_pattern
from tabularium.db.moments import MONTHS, SECONDS
from tabularium.schema.fields.base import FormulaKind, InvalidValue
from tabularium.schema.fields.temporal import read_day, read_instant
from tabularium.schema.formula.functions import FUNCTIONS
from tabularium.schema.formula.signature import Function, Kinds, Parameter
from tabularium.schema.formula.sql import CONVERSIONS
from tabularium.schema.formula.tree import (
    Call,
    Constant,
    FieldValue,
    FormulaError,
    FormulaRefused,
    Node,
    Reference,
    Written,
    WrittenCall,
)

_SHOWN: Final[Mapping[FormulaKind, str]] = {
    "text": "a text",
    "number": "a number",
    "boolean": "a truth value",
    "date": "a date",
    "datetime": "a date-time",
}
_TIMES: Final[Mapping[FormulaKind, Callable[[str], str]]] = {"date": read_day, "datetime": read_instant}
_UNITS: Final = (*SECONDS, *MONTHS)
_SECONDS_OF_DAY: Final = SECONDS["day"]


def check_formula(written: Written, kinds: Mapping[str, FormulaKind], target: FormulaKind | None) -> Node:
    """Return the typed tree, converted to `target` if one is given. Raises `FormulaRefused` with all errors.

    `kinds` are those of the fields; a name that is missing there has been reported already, and is not again.
    """
    check = _Check(kinds)
    node = check.node(written)
    if node is not None and node.kind != target:
        node = check.converted(node, target)
    if check.errors or node is None:
        raise FormulaRefused(check.errors)
    return node


class _Check:
    """One walk over a tree, from the leaves up. What could not be typed is `None`, about which nothing more is said."""

    def __init__(self, kinds: Mapping[str, FormulaKind]) -> None:
        self._kinds = kinds
        self.errors: list[FormulaError] = []

    def node(self, written: Written) -> Node | None:
        if isinstance(written, Constant):
            return written
        if isinstance(written, Reference):
            kind = self._kinds.get(written.name)
            return None if kind is None else FieldValue(written.name, kind, written.offset)
        arguments = [self.node(argument) for argument in written.arguments]
        try:
            return self._call(written, arguments)
        except FormulaError as failure:
            self.errors.append(failure)
            return None

    def converted(self, node: Node, target: FormulaKind | None) -> Node | None:
        """Return the node as one of another kind, where a value of its kind can become that."""
        if isinstance(node, Constant) and node.value is None:
            if target is not None:
                return replace(node, kind=target)
            self.errors.append(FormulaError("is always empty", node.offset))
            return None
        if target is None:
            return node
        conversion = CONVERSIONS.get((node.kind, target))
        if conversion is None:
            self.errors.append(FormulaError(f"yields {_SHOWN[node.kind]}, which cannot become {_SHOWN[target]}", 0))
            return None
        whole = Parameter(frozenset({node.kind}))
        return Call(Function(("resultType",), (whole,), target, conversion), (node,), target, node.offset)

    def _call(self, written: WrittenCall, arguments: Sequence[Node | None]) -> Node | None:
        function = FUNCTIONS[written.name]
        expected = function.expected(len(arguments))
        if expected is None:
            message = f"{written.name} takes {function.counts}; here it has {len(arguments)}"
            raise FormulaError(message, written.offset)
        known = [argument for argument in arguments if argument is not None]
        if len(known) < len(arguments):
            return None
        fitted = list(known)
        groups: dict[int, FormulaKind] = {}
        for group in sorted({parameter.group for parameter in expected} - {0}):
            places = [place for place, parameter in enumerate(expected) if parameter.group == group]
            united = _united([known[place] for place in places], expected[places[0]].kinds, function)
            groups[group] = united[0].kind
            for place, node in zip(places, united, strict=True):
                fitted[place] = node
        for place, parameter in enumerate(expected):
            if not parameter.group:
                fitted[place] = _fitting(known[place], parameter, function, fitted[0])
        kind = groups[function.result] if isinstance(function.result, int) else function.result
        return Call(function, tuple(fitted), kind, written.offset)


def _fitting(node: Node, parameter: Parameter, function: Function, first: Node) -> Node:
    if parameter.form in ("unit", "pattern"):
        return _setting(node, parameter, function, first)
    return _of_kind(node, parameter.kinds, function)


def _of_kind(node: Node, kinds: Kinds, function: Function) -> Node:
    """Return the node as one of these kinds: NULL is of all of them, and a text that is a date may be one."""
    if isinstance(node, Constant) and node.value is None:
        if function.refuses_null:
            raise FormulaError("nothing compares with NULL; write IS NULL", node.offset)
        return replace(node, kind=min(kinds))
    if node.kind in kinds:
        return node
    if isinstance(node, Constant) and isinstance(node.value, str) and kinds & {"date", "datetime"}:
        return _as_time(node, kinds)
    raise _misfit(node, kinds, function)


def _misfit(node: Node, kinds: Kinds, function: Function) -> FormulaError:
    wanted = " or ".join(_SHOWN[kind] for kind in _SHOWN if kind in kinds)
    return FormulaError(f"{function.name} takes {wanted} here, not {_SHOWN[node.kind]}", node.offset)


def _as_time(node: Constant, kinds: Kinds) -> Constant:
    reasons = []
    for kind in _TIMES:
        if kind in kinds:
            try:
                return Constant(kind, _TIMES[kind](str(node.value)), node.offset)
            except InvalidValue as failure:
                reasons.append(f"the text is not {_SHOWN[kind]}. {failure.problems[0].message}")
    raise FormulaError(reasons[-1], node.offset)


def _united(nodes: Sequence[Node], kinds: Kinds, function: Function) -> list[Node]:
    """Return the nodes as ones of a single kind, which those that are no constants of text or NULL settle."""
    plain = [node for node in nodes if not (isinstance(node, Constant) and isinstance(node.value, str | None))]
    settled = next((node.kind for node in plain), None)
    if settled is None and all(isinstance(node, Constant) and node.value is None for node in nodes):
        raise FormulaError(f"{function.name} needs at least one value that is not NULL", nodes[0].offset)
    kind = settled or "text"
    other = next((node for node in plain if node.kind != kind), None)
    if other is not None:
        raise FormulaError(f"{_SHOWN[kind]} and {_SHOWN[other.kind]} do not go together", other.offset)
    if kind not in kinds:
        raise _misfit(next(node for node in nodes if node.kind == kind), kinds, function)
    return [_of_kind(node, frozenset({kind}), function) for node in nodes]


def _setting(node: Node, parameter: Parameter, function: Function, first: Node) -> Constant:
    """Return a unit or a pattern, which must be written as text, since it is part of the SQL."""
    if not isinstance(node, Constant) or not isinstance(node.value, str):
        raise FormulaError(f"{function.name} takes a text in quotes here", node.offset)
    is_day = parameter.needs_clock and first.kind == "date"
    return _unit(node, node.value, is_day) if parameter.form == "unit" else _pattern(node, node.value, is_day)


def _unit(node: Constant, value: str, is_day: bool) -> Constant:
    unit = value.lower()
    allowed = [each for each in _UNITS if not is_day or SECONDS.get(each, _SECONDS_OF_DAY) >= _SECONDS_OF_DAY]
    if unit not in allowed:
        kind = " of a date" if is_day else ""
        raise FormulaError(f"the unit{kind} must be one of {', '.join(allowed)}", node.offset)
    return replace(node, value=unit)


def _pattern(node: Constant, value: str, is_day: bool) -> Constant:
    try:
        parts = read_pattern(value)
    except BadPattern as bad:
        message = f"{quoted(bad.part)} means nothing in a pattern; text stands in square brackets"
        raise FormulaError(message, node.offset) from None
    if is_day and any(isinstance(part, Token) and part.needs_time for part in parts):
        raise FormulaError("a date has no time of day to be written", node.offset)
    return node
