"""Lists of values that are bound as one parameter, so that the text of a statement does not depend on their length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from tabularium.db.dialect import SQLITE, Dialect


def among(number: int, dialect: Dialect) -> str:
    """Write that a text is one of those in the parameter with this number, which `text_list` makes."""
    place = dialect.placeholder(number)
    return f"IN (SELECT value FROM json_each({place}))" if dialect is SQLITE else f"= ANY({place}::text[])"


def text_list(texts: Sequence[str], dialect: Dialect) -> Any:
    """Return what is bound for a list of texts."""
    return orjson.dumps(list(texts)).decode() if dialect is SQLITE else list(texts)


def among_numbers(number: int, dialect: Dialect) -> str:
    """Write that a number is one of those in the parameter with this number, which `number_list` makes."""
    place = dialect.placeholder(number)
    return f"IN (SELECT value FROM json_each({place}))" if dialect is SQLITE else f"= ANY({place}::bigint[])"


def number_list(numbers: Iterable[int], dialect: Dialect) -> Any:
    """Return what is bound for a list of numbers."""
    return orjson.dumps(list(numbers)).decode() if dialect is SQLITE else list(numbers)
