"""Numbers of any size as text that sorts as they do, for SQLite, which has nothing of the kind but 64-bit integers.

What the database computes is not bound to the digits of a column, so it is held as a *key*: `n…` for negative numbers,
`o` for zero, `p…` for positive ones, then the power of ten of the first digit, then the digits. Those of negative
numbers are turned around (9 minus the digit), so that the order of the texts is the order of the numbers. Equal numbers
have equal keys. PostgreSQL has `numeric`.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any, Final

from tabularium.db.arithmetic import number_text

MAX_POWER: Final = 4_999
"""The power of ten of a number's first digit lies between -MAX_POWER and MAX_POWER."""

_ZERO: Final = "o"
_POSITIVE: Final = "p"
_NEGATIVE: Final = "n"
# It sorts after every digit, so that of two negative numbers the one with more digits comes first.
_END: Final = "~"
_POWER_DIGITS: Final = 4
_TURNED: Final = str.maketrans("0123456789", "9876543210")
_EXACT: Final = Context(prec=50_000, traps=[])


def number_key(number: Decimal) -> str:
    """Return the key of a number."""
    if not number:
        return _ZERO
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    power = number.adjusted()
    if number > 0:
        return f"{_POSITIVE}{power + MAX_POWER + 1:0{_POWER_DIGITS}}{digits}"
    return f"{_NEGATIVE}{MAX_POWER - power:0{_POWER_DIGITS}}{digits.translate(_TURNED)}{_END}"


def key_number(key: str) -> Decimal:
    """Return the number that a key stands for."""
    if key == _ZERO:
        return Decimal(0)
    power, digits = int(key[1 : 1 + _POWER_DIGITS]), key[1 + _POWER_DIGITS :]
    if key[0] == _POSITIVE:
        return _scaled(digits, power - MAX_POWER - 1)
    # A minus sign would round to the digits of the thread's context.
    return _scaled(digits.removesuffix(_END).translate(_TURNED), MAX_POWER - power).copy_negate()


def _scaled(digits: str, power: int) -> Decimal:
    return Decimal(digits).scaleb(power - len(digits) + 1, _EXACT)


def key_of_text(text: str | None) -> str | None:
    """Return the key of a number in canonical form (`tabularium.db.arithmetic`); null for null."""
    return None if text is None else number_key(Decimal(text))


def text_of_key(key: str | None) -> str | None:
    """Return the number that a key stands for, in canonical form; null for null."""
    return None if key is None else number_text(key_number(key))


class KeySum:
    """The exact sum of keys, in canonical form; null where there is no key among the rows."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, key: Any) -> None:
        if key is not None:
            number = key_number(key)
            self._sum = number if self._sum is None else _EXACT.add(self._sum, number)

    def final(self) -> str | None:
        return None if self._sum is None else number_text(self._sum)
