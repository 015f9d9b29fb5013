"""What text may hold, and when it counts as blank. The same for values, options and what a text filter looks for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from tabularium.schema.fields.base import InvalidValue, Problem

NO_TEXT: Final = Problem("wrong_type", "Must be text.")
_UNSTORABLE: Final = Problem("invalid_text", "Must not hold U+0000 or half of a surrogate pair.")
_NOT_ONE_LINE: Final = Problem("invalid_text", "Must be a single line without control characters.")

TEXT_PATTERN: Final = r"^[^\u0000]*$"
"""The JSON Schema pattern of text that can be stored; a surrogate cannot stand alone in UTF-8 anyway."""
LINE_PATTERN: Final = r"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$"
"""The JSON Schema pattern of a single line."""

_UNSTORABLE_CHARACTER: Final = re.compile("[\x00\ud800-\udfff]")
_CONTROL_OR_BREAK: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Letters, marks and symbols that are drawn as nothing: fillers, joiners, variation selectors, the blank Braille cell.
_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)


def read_text(value: Any) -> str:
    """Return the value if it is text, else raise `InvalidValue` with `wrong_type`."""
    if not isinstance(value, str):
        raise InvalidValue(NO_TEXT)
    return value


def text_problem(text: str) -> Problem | None:
    """Return what keeps this text from being stored at all, or `None`."""
    return _UNSTORABLE if _UNSTORABLE_CHARACTER.search(text) else None


def line_problem(text: str) -> Problem | None:
    """Return what keeps this text from being stored as a single line, or `None`."""
    if not _CONTROL_OR_BREAK.search(text):
        return None
    return text_problem(text) or _NOT_ONE_LINE


@lru_cache(maxsize=4)
def visible_pattern(pattern: str) -> str:
    """Return the JSON Schema pattern of text that fits `pattern`, which is `^[^…]*$`, and is not blank.

    It knows the blank characters of the first plane only: the others cannot be written for every engine of regular
    expressions, and nobody sends text of nothing but those by mistake.
    """
    anything = pattern.removeprefix("^").removesuffix("*$")
    return f"^{anything}*{anything[:-1]}{_blank_class()}]{anything}*$"


def _blank_class() -> str:
    """Return the blank characters of the first plane, as they stand between the brackets of a pattern."""
    blank = [point for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF and is_blank_text(chr(point))]
    starts = [point for place, point in enumerate(blank) if place == 0 or blank[place - 1] != point - 1]
    ends = [point for place, point in enumerate(blank) if place + 1 == len(blank) or blank[place + 1] != point + 1]
    return "".join(
        f"\\u{start:04X}" + (f"-\\u{end:04X}" if end > start else "") for start, end in zip(starts, ends, strict=True)
    )


def is_blank_text(text: str) -> bool:
    """Say whether the text has no visible character: empty, or only spaces, controls and what is drawn as nothing."""
    if text[:1].isascii() and text[:1].isalnum():  # as most texts begin
        return False
    return all(
        character in _INVISIBLE or unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in text
    )
