"""`rating`: some of a number of stars."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any

from pydantic import Field

from tabularium.schema.fields.base import FieldOptions, display_json
from tabularium.schema.fields.small_number import SmallNumberType


class RatingOptions(FieldOptions):
    """The options of `rating`."""

    max: Annotated[int, Field(ge=1, le=10)] = Field(5, description="The best rating; the worst is 1.")


class RatingType(SmallNumberType):
    """A whole number from 1 to `max`."""

    names = ("rating",)
    Options = RatingOptions
    options: RatingOptions

    @property
    def bounds(self) -> tuple[int, int]:
        return 1, self.options.max

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return f"{display_json(value)}/{self.options.max}"
