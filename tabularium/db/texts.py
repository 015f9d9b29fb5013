"""Functions of text for SQLite, as formulas have them. Null in gives null out, and so does what cannot be done.

Counts arrive as numbers in the canonical form of `tabularium.db.arithmetic`. PostgreSQL has the same functions
(`tabularium.db.postgresql.functions`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from tabularium.db import letter_case
from tabularium.db.arithmetic import number_text, whole_number

MAX_LENGTH: Final = 1_000_000
"""A text that a formula makes has at most this many characters, as many as the longest text of a field."""

BLANKS: Final = "".join(
    map(
        chr,
        (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
    )
)
"""What TRIM takes away: the white space of Unicode."""

MAX_NUMBER_DIGITS: Final = 40
"""The most digits before the point, and after it, of a text that becomes a number."""

_NUMBER: Final = re.compile(rf"[+-]?[0-9]{{1,{MAX_NUMBER_DIGITS}}}(?:\.[0-9]{{1,{MAX_NUMBER_DIGITS}}})?", re.ASCII)


def strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function answer null where an argument is null."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return call


@strict
def lower(text: str) -> str:
    return letter_case.lower(text)


@strict
def upper(text: str) -> str:
    return letter_case.upper(text)


@strict
def left(text: str, count: str) -> str | None:
    return _part(text, 1, whole_number(count))


@strict
def middle(text: str, start: str, count: str) -> str | None:
    return _part(text, whole_number(start), whole_number(count))


def _part(text: str, start: int | None, count: int | None) -> str | None:
    if start is None or count is None or start < 1 or count < 0:
        return None
    return text[start - 1 : start - 1 + count]


@strict
def right(text: str, count: str) -> str | None:
    number = whole_number(count)
    if number is None or number < 0:
        return None
    return text[max(0, len(text) - number) :]


@strict
def replace(text: str, part: str, other: str) -> str | None:
    """Replace each occurrence of a part; the empty part occurs nowhere."""
    if not part:
        return text
    if len(text) + text.count(part) * (len(other) - len(part)) > MAX_LENGTH:
        return None
    return text.replace(part, other)


@strict
def repeat(text: str, count: str) -> str | None:
    number = whole_number(count)
    if number is None or number < 0 or number * len(text) > MAX_LENGTH:
        return None
    return text * number if text else ""


@strict
def ends_with(text: str, part: str) -> int:
    return int(text.endswith(part))


@strict
def bounded(text: str) -> str | None:
    """Return the text, or null if it is too long."""
    return text if len(text) <= MAX_LENGTH else None


@strict
def to_number(text: str) -> str | None:
    """Return the number that a text of plain digits says, in canonical form."""
    return number_text(Decimal(text)) if _NUMBER.fullmatch(text) else None
