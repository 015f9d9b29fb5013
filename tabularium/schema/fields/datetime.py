"""`datetime`: an instant, to the millisecond."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.option_types import DateFormat, TimeFormat, ZoneName
from tabularium.schema.fields.temporal import INSTANT, Shown, TemporalType


class DatetimeOptions(FieldOptions):
    """The options of `datetime`."""

    date_format: DateFormat = Field("US", description="How the day is displayed.")
    time_format: TimeFormat = Field("24-hour", description="How the time of day is displayed.")
    time_zone: ZoneName | None = Field(
        None,
        validation_alias=AliasChoices("timeZone", "timezone"),
        description="The zone of display; UTC if it is left out.",
    )


class DatetimeType(TemporalType):
    """An instant; any offset comes in, UTC goes out."""

    names = ("datetime",)
    Options = DatetimeOptions
    options: DatetimeOptions
    form = INSTANT
    is_uniquable = True

    @property
    def shown_as(self) -> Shown:
        return Shown(self.options.date_format, self.options.time_format, self.options.time_zone)
