"""`date`: a day without a zone; with `includeTime: true` an instant."""

from __future__ import annotations

from pydantic import AliasChoices, Field, ValidationInfo, field_validator

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.option_types import DateFormat, TimeFormat, ZoneName, refuse
from tabularium.schema.fields.temporal import DAY, INSTANT, Shown, TemporalType


class DateOptions(FieldOptions):
    """The options of `date`."""

    date_format: DateFormat = Field("US", description="How the day is displayed.")
    time_zone: ZoneName | None = Field(
        None,
        validation_alias=AliasChoices("timeZone", "timezone"),
        description="The zone of display; UTC if it is left out.",
    )
    include_time: bool = Field(False, description="Whether values are instants, as those of datetime, instead of days.")
    time_format: TimeFormat = Field("24-hour", description="How the time of day is displayed, with includeTime.")

    @field_validator("time_format")
    @classmethod
    def _check_time_format(cls, value: TimeFormat, info: ValidationInfo) -> TimeFormat:
        if not info.data.get("include_time"):
            refuse('needs "includeTime: true"')
        return value


class DateType(TemporalType):
    """A day, or an instant if the option says so."""

    names = ("date",)
    Options = DateOptions
    options: DateOptions
    is_uniquable = True

    def __init__(self, options: DateOptions) -> None:
        super().__init__(options)
        self.form = INSTANT if options.include_time else DAY

    @property
    def shown_as(self) -> Shown:
        return Shown(self.options.date_format, self.options.time_format, self.options.time_zone)
