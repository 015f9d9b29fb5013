"""Kinds of options that several types share, for use in `FieldOptions` models."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NoReturn
from zoneinfo import available_timezones

from pydantic import AfterValidator, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from tabularium.schema.fields.characters import line_problem
from tabularium.schema.fields.exact import MAX_DIGITS

DateFormat = Literal["US", "European", "ISO"]
TimeFormat = Literal["12-hour", "24-hour"]

_MAX_CHOICE: Final = 255


def refuse(message: str) -> NoReturn:
    """Refuse an option, from inside a validator, with a message that stands behind the option's path."""
    # The text is passed as a value, since the first argument would be read as a template.
    raise PydanticCustomError("option", "{message}", {"message": message})


def _exact_number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        refuse("must be a number")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or (number and number.adjusted() >= MAX_DIGITS):
        refuse(f"must have at most {MAX_DIGITS} digits before the decimal point")
    return number


ExactNumber = Annotated[Decimal, PlainValidator(_exact_number)]
"""A number with the digits as written in the file."""


def read_choice_text(value: Any) -> str:
    """Return the value if it is a line of 1 to 255 characters, else refuse it; for use inside a validator."""
    if not isinstance(value, str):
        refuse("must be text")
    if not 1 <= len(value) <= _MAX_CHOICE:
        refuse(f"must have 1 to {_MAX_CHOICE} characters")
    if line_problem(value):
        refuse("must be a single line without control characters")
    return value


def _single_line(value: str) -> str:
    if line_problem(value):
        refuse("must be a single line without control characters")
    return value


line_text: Final = AfterValidator(_single_line)
"""Lets a text option be one line only."""


ChoiceText = Annotated[str, PlainValidator(read_choice_text)]
"""The value or the label of a choice: a line of 1 to 255 characters."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the names of all zones of the IANA database."""
    # Some systems give the zone of the machine a name beside them.
    return frozenset(available_timezones() - {"localtime"})


def _zone_name(value: str) -> str:
    if value not in zone_names():
        refuse('must be the name of an IANA time zone, such as "Europe/Zurich"')
    return value


ZoneName = Annotated[str, AfterValidator(_zone_name)]
"""The name of a time zone of the IANA database."""


def not_below(value: Any, info: ValidationInfo, lower: str, shown: str) -> Any:
    """Refuse an upper bound under the lower one, which is the option `lower`, called `shown` in the file."""
    bound = info.data.get(lower)
    if value is not None and bound is not None and value < bound:
        refuse(f'must not be less than "{shown}"')
    return value
