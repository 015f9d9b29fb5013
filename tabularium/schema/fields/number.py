"""`number`: an exact JSON number. A legacy type: `integer` and `decimal` say more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tabularium.schema.fields.exact_number import ExactNumberOptions, ExactNumberType


class NumberOptions(ExactNumberOptions):
    """The options of `number`."""

    precision: Annotated[int, Field(ge=0, le=10)] = Field(4, description="The number of decimals that are stored.")


class NumberType(ExactNumberType):
    """A number with a fixed number of decimals."""

    names = ("number",)
    Options = NumberOptions
    options: NumberOptions
    is_uniquable = True
