"""Small and capital letters by one fixed table, one character to one; neither database's own functions would do."""

from __future__ import annotations

from typing import Final

from tabularium.db.case_table import LOWER_RANGES, UPPER_RANGES
from tabularium.db.character_table import expanded, postgresql_function

_LOWER: Final = expanded(LOWER_RANGES)
_UPPER: Final = expanded(UPPER_RANGES)


def lower(text: str) -> str:
    """Return the text in small letters, as many characters as it has."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def upper(text: str) -> str:
    """Return the text in capital letters, as many characters as it has."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


POSTGRESQL_CASE_FUNCTIONS: Final = (
    postgresql_function("_tabularium_lower", _LOWER, "lower"),
    postgresql_function("_tabularium_upper", _UPPER, "upper"),
)
