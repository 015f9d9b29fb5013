"""Tables that turn one character into one other: the same answer in Python, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

_BLOCKS: Final = ((0x80, 0xFF), (0x100, 0x24F), (0x250, 0x52F), (0x530, 0x10FFFF))
"""Latin 1; the rest of Latin; Greek and Cyrillic; all else. `translate` looks each character up by a linear search, so
one list of all 1,400 letters would make every non-ASCII text slow; most texts need one or two of these."""


def expanded(ranges: Iterable[tuple[int, int, int, int]]) -> Mapping[int, int]:
    """Return a table for `str.translate` from rows `(first, last, step, distance)`."""
    return {point: point + distance for first, last, step, distance in ranges for point in range(first, last + 1, step)}


def postgresql_function(name: str, table: Mapping[int, int], ascii_function: str) -> str:
    """Return the statement that creates the function of a table in a database whose encoding is UTF-8.

    `ascii_function` is PostgreSQL's own function for ASCII text, which it answers whatever the locale.
    """
    return (
        f"CREATE OR REPLACE FUNCTION {name}(value text) RETURNS text\n"
        "LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$\n"
        "DECLARE\n"
        f'  result text := {ascii_function}(value COLLATE "C");\n'
        "BEGIN\n"
        "  IF octet_length(result) = length(result) THEN\n"
        "    RETURN result;\n"
        "  END IF;\n"
        f"{''.join(_block_steps(table))}"
        "  RETURN result;\n"
        "END\n"
        "$body$"
    )


def _block_steps(table: Mapping[int, int]) -> Iterator[str]:
    for first, last in _BLOCKS:
        sources = "".join(chr(point) for point in table if first <= point <= last)
        targets = "".join(chr(table[ord(character)]) for character in sources)
        yield (
            f"  IF result ~ '[{sources}]' COLLATE \"C\" THEN\n"
            f"    result := translate(result, '{sources}', '{targets}');\n"
            "  END IF;\n"
        )
