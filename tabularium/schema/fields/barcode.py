"""`barcode`: the content of a barcode, with its check digit where the format has one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import sqlalchemy
from pydantic import Field

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import LINE_PATTERN, line_problem, read_text
from tabularium.schema.fields.storage import stored_column

Format = Literal["EAN-13", "EAN-8", "UPC-A", "UPC-E", "CODE-128", "CODE-39"]


def _has_check_digit(digits: str) -> bool:
    """Say whether the last digit is that of GS1: weights 3 and 1 from the right, the sum a multiple of ten."""
    weighted = (int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(reversed(digits)))
    return sum(weighted) % 10 == 0


def _upc_a_of(short: str) -> str:
    """Return the UPC-A that a UPC-E of eight digits stands for; the sixth digit of its body says where zeros go."""
    system, body, check = short[0], short[1:7], short[7]
    last = body[5]
    if last in "012":
        middle = f"{body[:2]}{last}0000{body[2:5]}"
    elif last == "3":
        middle = f"{body[:3]}00000{body[3:5]}"
    elif last == "4":
        middle = f"{body[:4]}00000{body[4]}"
    else:
        middle = f"{body[:5]}0000{last}"
    return f"{system}{middle}{check}"


def _upc_e(digits: str) -> bool:
    return digits[0] in "01" and _has_check_digit(_upc_a_of(digits))


def _any(_: str) -> bool:
    return True


_FORMATS: Final[Mapping[Format | None, tuple[str, Callable[[str], bool], str]]] = {
    "EAN-13": ("[0-9]{13}", _has_check_digit, "13 digits, the last of which is the check digit"),
    "EAN-8": ("[0-9]{8}", _has_check_digit, "8 digits, the last of which is the check digit"),
    "UPC-A": ("[0-9]{12}", _has_check_digit, "12 digits, the last of which is the check digit"),
    "UPC-E": ("[0-9]{8}", _upc_e, "8 digits that begin with 0 or 1, the last of which is the check digit"),
    "CODE-128": (r"[\x20-\x7E]{1,80}", _any, "1 to 80 printable characters of ASCII"),
    "CODE-39": (r"[0-9A-Z .$/+%-]{1,80}", _any, "1 to 80 of the characters 0-9 A-Z - . $ / + % and space"),
}
"""For each format what its text looks like, what else it must fulfil, and how people are told."""


class BarcodeOptions(FieldOptions):
    """The options of `barcode`."""

    format: Format | None = Field(None, description="The kind of barcode; any line of text if it is left out.")


class BarcodeType(FieldType):
    """What a scanner reads."""

    names = ("barcode",)
    Options = BarcodeOptions
    options: BarcodeOptions
    groups = frozenset({"E", "T"})
    is_sortable = True
    is_uniquable = True
    search_group = True

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return 4 * 255  # UTF-8

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if self.options.format is None:
            if not 1 <= len(text) <= 255 or line_problem(text):
                raise InvalidValue(Problem("invalid_barcode", "Must be a line of 1 to 255 characters."))
            return text
        pattern, is_right, wanted = _FORMATS[self.options.format]
        if not re.fullmatch(pattern, text) or not is_right(text):
            raise InvalidValue(Problem("invalid_barcode", f"Must be {self.options.format}: {wanted}."))
        return text

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if self.options.format is not None:
            return {"type": "string", "pattern": f"^{_FORMATS[self.options.format][0]}$"}
        if mode in ("create", "update"):
            return {"type": "string", "minLength": 1, "maxLength": 255, "pattern": LINE_PATTERN}
        return {"type": "string"}
