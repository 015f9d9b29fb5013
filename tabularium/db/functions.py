"""SQL functions that the product adds to SQLite. All are deterministic and never raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabularium.db import arithmetic, number_keys
from tabularium.db.fold import SQLITE_FOLD, fold_or_null


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A scalar function: its name in SQL, the number of its arguments, and what computes it."""

    name: str
    arguments: int
    call: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class SqlAggregate:
    """An aggregate: `state` makes an object with `step(value)` for each row and `final()` for the result."""

    name: str
    arguments: int
    state: Callable[[], Any]


SQLITE_FUNCTIONS = (
    SqlFunction(SQLITE_FOLD, 1, fold_or_null),
    # The numbers of `constraints` and `indexes[].where` (tabularium/schema/checks.py).
    SqlFunction("tabularium_unscale", 2, arithmetic.unscale),
    SqlFunction("tabularium_add", 2, arithmetic.add),
    SqlFunction("tabularium_subtract", 2, arithmetic.subtract),
    SqlFunction("tabularium_multiply", 2, arithmetic.multiply),
    SqlFunction("tabularium_divide", 2, arithmetic.divide),
    SqlFunction("tabularium_abs", 1, arithmetic.absolute),
    SqlFunction("tabularium_round", 2, arithmetic.round_half_away),
    SqlFunction("tabularium_floor", 1, arithmetic.floor),
    SqlFunction("tabularium_ceil", 1, arithmetic.ceiling),
    SqlFunction("tabularium_compare", 2, arithmetic.compare),
    # A stored number with all its decimals, as text.
    SqlFunction("tabularium_fixed", 2, arithmetic.fixed),
    # Numbers of any size as text that sorts as they do, and back.
    SqlFunction("tabularium_number_key", 1, number_keys.key_of_text),
    SqlFunction("tabularium_key_number", 1, number_keys.text_of_key),
)

SQLITE_AGGREGATES = (
    # The exact sum of such keys, as text in the canonical form of a number.
    SqlAggregate("tabularium_sum", 1, number_keys.KeySum),
)
