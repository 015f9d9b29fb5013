"""`LIKE`, case-sensitive on both databases: PostgreSQL has it, on SQLite it is `GLOB`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.condition_syntax import ConditionError
from tabularium.schema.condition_values import Value


class _Wildcard(Enum):
    """The two signs of a pattern that stand for others: how `LIKE` and `GLOB` write them."""

    ANY = ("%", "*")
    ONE = ("_", "?")


def like(value: Value, pattern: Value, escape: Value | None) -> Value:
    """Match a text with a pattern literal: `%` is any text, `_` any character, `escape` makes the next one plain."""
    if pattern.text is None or (escape is not None and (escape.text is None or len(escape.text) != 1)):
        raise ConditionError("LIKE takes a pattern in quotes, and ESCAPE one character in quotes")
    parts = list(_parts(pattern.text, escape.text if escape else None))
    for_like = "".join(part.value[0] if isinstance(part, _Wildcard) else _plain_in_like(part) for part in parts)
    for_glob = "".join(part.value[1] if isinstance(part, _Wildcard) else _plain_in_glob(part) for part in parts)
    return Value(
        "boolean",
        f"({value.sqlite} GLOB {SQLITE.literal(for_glob)})",
        f"({value.postgresql} LIKE {POSTGRESQL.literal(for_like)})",
    )


def _parts(pattern: str, escape: str | None) -> Iterator[str | _Wildcard]:
    signs = iter(pattern)
    for sign in signs:
        if sign == escape:
            following = next(signs, None)
            if following is None:
                raise ConditionError("the pattern of LIKE ends with its escape sign")
            yield following
        elif sign == "%":
            yield _Wildcard.ANY
        elif sign == "_":
            yield _Wildcard.ONE
        else:
            yield sign


def _plain_in_like(sign: str) -> str:
    # A backslash is the escape sign of PostgreSQL where the statement names none.
    return f"\\{sign}" if sign in "%_\\" else sign


def _plain_in_glob(sign: str) -> str:
    return f"[{sign}]" if sign in "*?[" else sign
