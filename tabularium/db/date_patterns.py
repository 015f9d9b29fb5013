"""The patterns of DATE_FORMAT: a table of what may stand in one, with how each database writes it.

`YYYY-MM-DD [at] HH:mm` holds *tokens*, text between square brackets that stands for itself, and other signs, which do
so without brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Token:
    """What Python writes for a token, and the pattern of PostgreSQL's `to_char`, whose names of days are English."""

    write: Callable[[datetime], str]
    to_char: str
    needs_time: bool = False


def _half_day(moment: datetime) -> int:
    return moment.hour % 12 or 12


TOKENS: Final[Mapping[str, Token]] = {
    "YYYY": Token(lambda moment: f"{moment.year:04}", "YYYY"),
    "YY": Token(lambda moment: f"{moment.year % 100:02}", "YY"),
    "MMMM": Token(lambda moment: _MONTHS[moment.month - 1], "FMMonth"),
    "MMM": Token(lambda moment: _MONTHS[moment.month - 1][:3], "Mon"),
    "MM": Token(lambda moment: f"{moment.month:02}", "MM"),
    "M": Token(lambda moment: str(moment.month), "FMMM"),
    "DD": Token(lambda moment: f"{moment.day:02}", "DD"),
    "D": Token(lambda moment: str(moment.day), "FMDD"),
    "dddd": Token(lambda moment: _DAYS[moment.weekday()], "FMDay"),
    "ddd": Token(lambda moment: _DAYS[moment.weekday()][:3], "Dy"),
    "HH": Token(lambda moment: f"{moment.hour:02}", "HH24", needs_time=True),
    "H": Token(lambda moment: str(moment.hour), "FMHH24", needs_time=True),
    "hh": Token(lambda moment: f"{_half_day(moment):02}", "HH12", needs_time=True),
    "h": Token(lambda moment: str(_half_day(moment)), "FMHH12", needs_time=True),
    "mm": Token(lambda moment: f"{moment.minute:02}", "MI", needs_time=True),
    "m": Token(lambda moment: str(moment.minute), "FMMI", needs_time=True),
    "ss": Token(lambda moment: f"{moment.second:02}", "SS", needs_time=True),
    "s": Token(lambda moment: str(moment.second), "FMSS", needs_time=True),
    "SSS": Token(lambda moment: f"{moment.microsecond // 1000:03}", "MS", needs_time=True),
    "A": Token(lambda moment: "AM" if moment.hour < 12 else "PM", "AM", needs_time=True),
    "a": Token(lambda moment: "am" if moment.hour < 12 else "pm", "am", needs_time=True),
}
"""Every token, by its letters. What is longer stands first among those that begin alike."""

_LONGEST_FIRST: Final = "|".join(sorted(TOKENS, key=len, reverse=True))
_PARTS: Final = re.compile(
    rf"\[(?P<text>[^\]]*)\]|(?P<token>{_LONGEST_FIRST})|(?P<letter>[A-Za-z\[])|(?P<sign>.)", re.DOTALL
)


class BadPattern(Exception):
    """A pattern holds what is no token. `part` is what was found, `offset` where."""

    def __init__(self, part: str, offset: int) -> None:
        super().__init__(part)
        self.part = part
        self.offset = offset


@lru_cache(maxsize=256)
def read_pattern(pattern: str) -> tuple[Token | str, ...]:
    """Return the parts of a pattern: tokens, and text that stands for itself. Raises `BadPattern`."""
    parts: list[Token | str] = []
    for found in _PARTS.finditer(pattern):
        if found["letter"]:
            raise BadPattern(found["letter"], found.start())
        parts.append(TOKENS[found["token"]] if found["token"] else found["text"] or found["sign"] or "")
    return tuple(parts)


def write_moment(moment: datetime, pattern: str) -> str:
    """Write a moment as a pattern says."""
    return "".join(part if isinstance(part, str) else part.write(moment) for part in read_pattern(pattern))


def to_char_pattern(pattern: str) -> str:
    """Return the pattern for PostgreSQL's `to_char`.

    All that is no token stands in quotes, as does nothing between two tokens, which might join (`DD`, `Dy`).
    """
    text = ""
    for part in read_pattern(pattern):
        is_token = isinstance(part, Token)
        text += ('""' if is_token and text and not text.endswith('"') else "") + (
            part.to_char if isinstance(part, Token) else _quoted(part)
        )
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
