"""`percentage`: an exact number of hundredths, so 50 is 50 %."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from tabularium.schema.fields.exact_number import ExactNumberOptions, ExactNumberType, grouped_digits


class PercentageOptions(ExactNumberOptions):
    """The options of `percentage`."""


class PercentageType(ExactNumberType):
    """A share in percent."""

    names = ("percentage",)
    Options = PercentageOptions
    options: PercentageOptions

    def display(self, value: Any, zone: tzinfo | None) -> str:
        is_negative, digits = grouped_digits(value, self.places, "", ".")
        return f"{'-' if is_negative else ''}{digits}%"
