"""SQL functions that the product adds to SQLite. All are deterministic and never raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tabularium.db import arithmetic, moments, number_keys, texts
from tabularium.db.fold import SQLITE_FOLD, fold_or_null

ANY_NUMBER: Final = -1


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A scalar function: its name in SQL, the number of its arguments (`ANY_NUMBER` for any), and what computes it."""

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
    # What formulas compute with (tabularium/schema/formula).
    SqlFunction("tabularium_modulo", 2, arithmetic.modulo),
    SqlFunction("tabularium_power", 2, arithmetic.power),
    SqlFunction("tabularium_sqrt", 1, arithmetic.square_root),
    SqlFunction("tabularium_round_to", 2, arithmetic.round_to),
    SqlFunction("tabularium_truncate", 1, arithmetic.truncate),
    SqlFunction("tabularium_sign", 1, arithmetic.sign),
    SqlFunction("tabularium_least", ANY_NUMBER, arithmetic.least),
    SqlFunction("tabularium_greatest", ANY_NUMBER, arithmetic.greatest),
    SqlFunction("tabularium_between", 3, arithmetic.between),
    SqlFunction("tabularium_number_result", 1, arithmetic.number_result),
    SqlFunction("tabularium_decimal_result", 1, arithmetic.decimal_result),
    SqlFunction("tabularium_lower", 1, texts.lower),
    SqlFunction("tabularium_upper", 1, texts.upper),
    SqlFunction("tabularium_left", 2, texts.left),
    SqlFunction("tabularium_middle", 3, texts.middle),
    SqlFunction("tabularium_right", 2, texts.right),
    SqlFunction("tabularium_replace", 3, texts.replace),
    SqlFunction("tabularium_repeat", 2, texts.repeat),
    SqlFunction("tabularium_ends_with", 2, texts.ends_with),
    SqlFunction("tabularium_bounded", 1, texts.bounded),
    SqlFunction("tabularium_to_number", 1, texts.to_number),
    SqlFunction("tabularium_date_part", 2, moments.date_part),
    SqlFunction("tabularium_make_date", 3, moments.make_date),
    SqlFunction("tabularium_date_add", 3, moments.date_add),
    SqlFunction("tabularium_date_diff", 3, moments.date_diff),
    SqlFunction("tabularium_date_format", 2, moments.date_format),
    SqlFunction("tabularium_to_date", 1, moments.to_date),
    SqlFunction("tabularium_to_instant", 1, moments.to_instant),
)

SQLITE_AGGREGATES = (
    # The exact sum of such keys, as text in the canonical form of a number.
    SqlAggregate("tabularium_sum", 1, number_keys.KeySum),
)
