"""One file's text on its way to nodes: what the YAML and the JSON reader share."""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from tabularium.config.nodes import BrokenNode, Scalar, ScalarNode
from tabularium.config.problems import Position

MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 400
MAX_EXPANDED_BYTES: Final = 10 * 1024 * 1024
OVERHEAD: Final = 2
"""Bytes that a list or a mapping counts beside its content."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


class Unreadable(Exception):
    """Nothing of the file can be used. The message goes on after `file:line:column`."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message


class Budget:
    """Bounds what anchors and repeated references expand to, over all files together."""

    def __init__(self) -> None:
        self._left = MAX_EXPANDED_BYTES

    def spend(self, size: int, position: Position) -> None:
        self._left -= size
        if self._left < 0:
            raise Unreadable(position, "anchors and references expand to more than 10 MiB")


@dataclass(slots=True)
class Source:
    """The text of one file with its name in messages and its place in the order of files."""

    order: int
    label: str
    text: str
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]

    def position(self, line: int, column: int) -> Position:
        """Return a position from a line and a column that are counted from 0."""
        return Position(self.order, self.label, line + 1, column + 1)

    def position_at(self, index: int) -> Position:
        """Return the position of a character of the text."""
        line = bisect_right(self._starts, index) - 1
        return self.position(line, index - self._starts[line])


def plain_scalar(text: str) -> Scalar:
    """Read an unquoted word as JSON would: a number, `true`, `false`, `null` or nothing; all else is text.

    Raises `ValueError` for a number of more than 400 digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if not text:
        return None
    number = _NUMBER.fullmatch(text)
    return read_number(number) if number else text


def text_node(position: Position, text: str) -> ScalarNode | BrokenNode:
    """Make the node of a text, broken where it holds what no text of the file may hold."""
    fault = text_fault(text)
    return BrokenNode(position, fault) if fault else ScalarNode(position, len(text) + OVERHEAD, text)


def read_number(number: re.Match[str]) -> int | Decimal:
    """Turn a match of a JSON number into an `int`, or into a `Decimal` where it has a fraction or an exponent.

    Raises `ValueError` for one that takes more than 400 digits without an exponent: somebody will write it so.
    """
    text = number[0]
    if len(text) <= MAX_DIGITS and not (number[1] or number[2]):
        return int(text)
    with suppress(InvalidOperation):  # an exponent that does not even fit a machine word
        value = Decimal(text)
        last = value.as_tuple().exponent
        is_short = isinstance(last, int) and last >= -MAX_DIGITS and value.adjusted() <= MAX_DIGITS
        if is_short and len(text) <= MAX_DIGITS:
            return value
    raise ValueError(f"a number has at most {MAX_DIGITS} digits, written without an exponent")


def match_number(text: str, start: int) -> re.Match[str] | None:
    """Match a JSON number at a place of a text."""
    return _NUMBER.match(text, start)


def text_fault(text: str) -> str | None:
    """Say what no text of the file may hold, if this one does: the database could not store it."""
    if "\0" in text:
        return "the character U+0000 is not allowed"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "half of a surrogate pair is not allowed"
    return None
