"""Lets Schemathesis keep a great length beside a pattern, where it would write it into the pattern.

`^[^\\x00]*$` of up to 1,000,000 characters became `^[^\\x00]{0,1000000}$`. The engine that checks bodies takes two seconds
to compile that, each time that it looks at a schema with it: two thirds of what the fixed cases of a table with such a text
took. It means the same either way.
"""

from __future__ import annotations

from typing import Any, Final

from schemathesis.core.jsonschema import patterns

_LONGEST_WITHIN: Final = 1000

_transform: Final = patterns._transform


def _leave_great_lengths(parsed: list[Any], min_length: int | None, max_length: int | None) -> list[Any] | None:
    if max_length is not None and max_length > _LONGEST_WITHIN:
        return None  # the pattern stays as it is
    return _transform(parsed, min_length, max_length)


def keep_great_lengths() -> None:
    """Do so from now on, in this process."""
    patterns._transform = _leave_great_lengths
