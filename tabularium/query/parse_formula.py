"""The first stage for `filterByFormula`: `AND({f}='v',{n}>=5,…)` or one comparison → nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tabularium.errors import BadRequest
from tabularium.query.nodes import Group, Leaf, Node, RawText
from tabularium.query.parse import MAX_LEAVES

_PATH: Final = "filterByFormula"
_HELP: Final = "Write a formula as {field}='value', {field}>=5, or AND(…) of such comparisons."

_OPERATORS: Final[Mapping[str, str]] = {
    "=": "equals",
    "!=": "notEquals",
    "<": "lessThan",
    "<=": "lessThanOrEqual",
    ">": "greaterThan",
    ">=": "greaterThanOrEqual",
}
_COMPARISON: Final = re.compile(
    r"""\s*\{(?P<field>[^{}]+)\}\s*(?P<operator>!=|<=|>=|=|<|>)\s*
    (?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<number>[+-]?[0-9]{1,100}(?:\.[0-9]{1,100})?))\s*""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_AND: Final = re.compile(r"\s*AND\s*\(", re.IGNORECASE | re.ASCII)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_formula(text: str) -> Node:
    """Read the text of a `filterByFormula` parameter. Raises `BadRequest` where it is none."""
    opening = _AND.match(text)
    if opening is None:
        leaf, end = _comparison(text, 0)
        _expect_end(text, end)
        return leaf
    leaves: list[Leaf] = []
    end, separator = opening.end(), ","
    while separator == ",":
        if len(leaves) >= MAX_LEAVES:
            raise BadRequest(f"A formula has at most {MAX_LEAVES} comparisons.")
        leaf, end = _comparison(text, end)
        leaves.append(leaf)
        separator, end = text[end : end + 1], end + 1
    if separator != ")":
        raise _broken(end - 1)
    _expect_end(text, end)
    return Group("and", tuple(leaves))


def _comparison(text: str, start: int) -> tuple[Leaf, int]:
    found = _COMPARISON.match(text, start)
    if found is None:
        raise _broken(start)
    value: Any = RawText(_unescaped(found)) if found["number"] is None else _number(found["number"])
    return Leaf(found["field"], _OPERATORS[found["operator"]], value, _PATH, _PATH, _PATH), found.end()


def _unescaped(found: re.Match[str]) -> str:
    quoted = found["single"] if found["double"] is None else found["double"]
    return _ESCAPE.sub(r"\1", quoted)


def _number(digits: str) -> int | Decimal:
    return Decimal(digits) if "." in digits else int(digits)


def _expect_end(text: str, end: int) -> None:
    if text[end:].strip():
        raise _broken(end)


def _broken(position: int) -> BadRequest:
    return BadRequest(f"The formula cannot be read at character {position + 1}. {_HELP}")
