"""`currency`: an exact amount of money in one currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final, Literal

from pydantic import Field, field_validator

from tabularium.schema.fields.currency_codes import CURRENCY_CODES
from tabularium.schema.fields.exact_number import ExactNumberOptions, ExactNumberType, grouped_digits
from tabularium.schema.fields.option_types import refuse

_SYMBOLS: Final[Mapping[str, str]] = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "$", "AUD": "$"}

_SEPARATORS: Final[Mapping[str, tuple[str, str]]] = {
    "comma": (",", "."),
    "period": (".", ","),
    "space": (" ", "."),
    "none": ("", "."),
}
"""Between thousands, and ahead of the decimals."""


class CurrencyOptions(ExactNumberOptions):
    """The options of `currency`."""

    currency: str = Field(description="The currency, as its three letters of ISO 4217.")
    symbol_position: Literal["before", "after"] = Field("before", description="Where the symbol is displayed.")
    negative_format: Literal["minus", "parentheses"] = Field("minus", description="How negative amounts are displayed.")
    thousands_separator: Literal["comma", "period", "space", "none"] = Field(
        "comma", description="What is displayed between thousands; with `period` a comma stands ahead of the decimals."
    )

    @field_validator("currency")
    @classmethod
    def _check_currency(cls, value: str) -> str:
        if value not in CURRENCY_CODES:
            refuse('must be a currency of ISO 4217, such as "EUR"')
        return value


class CurrencyType(ExactNumberType):
    """An amount of money."""

    names = ("currency",)
    Options = CurrencyOptions
    options: CurrencyOptions
    is_uniquable = True

    def display(self, value: Any, zone: tzinfo | None) -> str:
        is_negative, digits = grouped_digits(value, self.places, *_SEPARATORS[self.options.thousands_separator])
        code = self.options.currency
        symbol = _SYMBOLS.get(code)
        if self.options.symbol_position == "after":
            shown = f"{digits} {symbol or code}"
        else:
            shown = f"{symbol}{digits}" if symbol else f"{code} {digits}"
        if not is_negative:
            return shown
        return f"({shown})" if self.options.negative_format == "parentheses" else f"-{shown}"
