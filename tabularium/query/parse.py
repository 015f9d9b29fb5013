"""The first stage: the text of a filter → nodes. Knows the grammar and no table.

Text that cannot be read at all is a `BadRequest`. What can be read and breaks the grammar is noted with its path, and
the rest is still read, so that the next stage can report its own errors beside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from tabularium.errors import BadRequest, FieldError, ValidationFailed
from tabularium.query.names import join_path
from tabularium.query.nodes import ABSENT, Group, Leaf, Mention, Node, Not, RawText
from tabularium.query.operators import takes

MAX_DEPTH: Final = 10
MAX_LEAVES: Final = 100
MAX_LIST: Final = 1000

_MAX_NESTING: Final = 64
_LONGEST_INT: Final = 40
_NUMBER: Final = re.compile(r"(-?)([0-9.]+)(?:[eE]([+-]?)[0-9]+)?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LEAF_KEYS: Final = frozenset({"field", "operator", "value"})
_EVERY_ROW: Final = Group("and", ())


class _Object(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written: pairs, in which a key may be repeated."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ParsedFilter:
    """What a filter says, and where it breaks the grammar; the broken parts are missing in `node`."""

    node: Node
    errors: tuple[FieldError, ...] = ()


def parse_filter(text: str, path: str = "filter") -> ParsedFilter:
    """Read the text of a `filter` parameter, in JSON form (it begins with `{`) or in text form.

    Raises `BadRequest` for broken JSON or text, `ValidationFailed` with `filter_too_complex` for one over the limits.
    """
    if _SURROGATE.search(text):
        raise BadRequest("The filter is not valid Unicode.")
    if not text.startswith("{"):
        return ParsedFilter(_parse_text(text, path))
    reader = _Reader(path)
    node = reader.node(_parse_json(text, path), path, 1)
    return ParsedFilter(node, tuple(reader.errors))


def _parse_text(text: str, path: str) -> Leaf:
    name, colon, rest = text.partition(":")
    if not colon or not name:
        raise BadRequest("Write a filter as field:value, as field:operator:value, or as a JSON object.")
    operator, colon, value = rest.partition(":")
    kind = takes(operator)
    if kind is None or not (colon or kind == "nothing"):
        return Leaf(name, "equals", RawText(rest), path, path, path)
    if kind in ("list", "pair", "items"):
        items = value.split(",")
        if len(items) > MAX_LIST:
            _too_complex(path, f"A list holds at most {MAX_LIST} values.")
        return Leaf(name, operator, [RawText(item) for item in items], path, path, path)
    return Leaf(name, operator, RawText(value) if colon else ABSENT, path, path, path)


def _parse_json(text: str, path: str) -> Any:
    try:
        value = json.loads(
            text, parse_int=_integer, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_Object
        )
    except json.JSONDecodeError as error:
        reason = error.msg.removesuffix(" at")  # some messages end with it, as a position follows
        raise BadRequest(f"The filter is not valid JSON: {reason} at character {error.pos + 1}.") from None
    except RecursionError:
        _too_deep(path)
    _check_texts_and_nesting(value, path)
    return value


def _integer(digits: str) -> int | Decimal:
    # Python refuses to read an integer of thousands of digits; a `Decimal` of them is no cost, and no type accepts it.
    return int(digits) if len(digits) <= _LONGEST_INT else Decimal(digits)


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return _beyond_decimal(digits)


def _beyond_decimal(digits: str) -> Decimal:
    """Stand in for a number whose exponent has more digits than `Decimal` can hold, by one that is as unfit."""
    sign, mantissa, exponent_sign = _NUMBER.fullmatch(digits).groups()  # type: ignore[union-attr]
    if not mantissa.strip("0."):
        return Decimal(0)
    return Decimal(f"{sign}1E-999999" if exponent_sign == "-" else f"{sign}1E+999999")


def _constant(name: str) -> NoReturn:
    raise BadRequest(f"The filter is not valid JSON: {name} is no JSON number.")


def _check_texts_and_nesting(value: Any, path: str) -> None:
    remaining: list[tuple[Any, int]] = [(value, 1)]
    while remaining:
        current, depth = remaining.pop()
        if depth > _MAX_NESTING:
            _too_deep(path)
        if isinstance(current, str):
            if _SURROGATE.search(current):
                raise BadRequest("The filter holds half of a surrogate pair, which is no character.")
        elif isinstance(current, (_Object, list, tuple)):
            remaining += [(item, depth + 1) for item in current]


def _too_deep(path: str) -> NoReturn:
    _too_complex(path, f"A filter is at most {MAX_DEPTH} levels deep.")


def _too_complex(path: str, message: str) -> NoReturn:
    raise ValidationFailed.of(path, message, "filter_too_complex")


@dataclass(slots=True)
class _Reader:
    """Walks one JSON filter, counting leaves and collecting what breaks the grammar."""

    root: str
    errors: list[FieldError] = field(default_factory=list)
    leaves: int = 0

    def refuse(self, path: str, message: str, code: str) -> None:
        self.errors.append(FieldError(path, message, code))

    def node(self, value: Any, path: str, depth: int) -> Node:
        """Read any node. One that breaks the grammar becomes a node that matches every row."""
        if depth > MAX_DEPTH:
            _too_deep(self.root)
        if not isinstance(value, _Object):
            self.refuse(path, "A filter is a JSON object.", "wrong_type")
            return _EVERY_ROW
        members = self._members(value, path)
        word = next((key for key in members if key in _GROUPS), None)
        if word is not None:
            for key in members:
                if key != word:
                    message = f'Beside "{word}" no other key is allowed.'
                    self.refuse(join_path(path, key), message, "unknown_property")
            return _GROUPS[word](self, members[word], f"{path}.{word}", depth)
        if "field" in members and "operator" in members:
            return self._leaf(members, path)
        return Group("and", tuple(node for key in members for node in self._shorthand(key, members[key], path)))

    def _members(self, pairs: _Object, path: str) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, value in pairs:
            if key in members:
                self.refuse(join_path(path, key), "The key stands here twice.", "duplicate")
            members[key] = value
        return members

    def group(self, value: Any, path: str, depth: int) -> Node:
        if not isinstance(value, list):
            self.refuse(path, "A list of filters is needed here.", "wrong_type")
            return _EVERY_ROW
        members = tuple(self.node(item, f"{path}.{index}", depth + 1) for index, item in enumerate(value))
        return Group("and" if path.endswith(".and") else "or", members)

    def negation(self, value: Any, path: str, depth: int) -> Node:
        return Not(self.node(value, path, depth + 1))

    def _leaf(self, members: Mapping[str, Any], path: str) -> Node:
        self._count_leaf()
        name, operator = members["field"], members["operator"]
        for key in members:
            if key not in _LEAF_KEYS:
                message = 'A condition has the keys "field", "operator" and "value" only.'
                self.refuse(join_path(path, key), message, "unknown_property")
        for key in ("field", "operator"):
            if not isinstance(members[key], str):
                self.refuse(f"{path}.{key}", "A text is needed here.", "wrong_type")
        value = self._value(members["value"], f"{path}.value") if "value" in members else ABSENT
        if not isinstance(name, str) or not isinstance(operator, str):
            return _EVERY_ROW
        return Leaf(name, operator, value, f"{path}.field", f"{path}.operator", f"{path}.value")

    def _shorthand(self, name: str, value: Any, parent: str) -> list[Node]:
        path = join_path(parent, name)
        if not isinstance(value, _Object):
            self._count_leaf()
            operator = _IMPLIED.get(type(value), "equals")
            read = ABSENT if value is None else self._value(value, path)
            return [Leaf(name, operator, read, path, path, path)]
        tests = self._members(value, path)
        if not tests:
            return [Mention(name, path)]
        return [self._shorthand_test(name, operator, tests[operator], path) for operator in tests]

    def _shorthand_test(self, name: str, operator: str, value: Any, parent: str) -> Leaf:
        self._count_leaf()
        path = join_path(parent, operator)
        if takes(operator) != "nothing":
            return Leaf(name, operator, self._value(value, path), parent, path, path)
        if value is not True:
            self.refuse(path, f'"{operator}" takes no value; write true.', "invalid_value")
        return Leaf(name, operator, ABSENT, parent, path, path)

    def _value(self, value: Any, path: str) -> Any:
        """Turn what the JSON reader made into plain dictionaries and lists."""
        if isinstance(value, _Object):
            members = self._members(value, path)
            return {key: self._value(item, join_path(path, key)) for key, item in members.items()}
        if isinstance(value, list):
            if len(value) > MAX_LIST:
                _too_complex(path, f"A list holds at most {MAX_LIST} values.")
            return [self._value(item, f"{path}.{index}") for index, item in enumerate(value)]
        return value

    def _count_leaf(self) -> None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            _too_complex(self.root, f"A filter has at most {MAX_LEAVES} conditions.")


# What a plain value of the shorthand means; for a list the field's type decides.
_IMPLIED: Final[Mapping[type, str | None]] = {type(None): "isNull", list: None}

_GROUPS: Final[Mapping[str, Callable[[_Reader, Any, str, int], Node]]] = {
    "and": _Reader.group,
    "or": _Reader.group,
    "not": _Reader.negation,
}
