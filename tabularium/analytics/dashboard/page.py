"""The page itself. Paths, titles, referrers and campaigns come from strangers: the templates escape every value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tabularium.analytics.dashboard import wording
from tabularium.analytics.dashboard.period import Period, presets_of

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
GRANULARITIES: Final = ("hour", "day", "week", "month")
_REGIONS: Final = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
"""Of the other names of zones, such as `US/Eastern`, each is another name of one of these."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the page needs beside figures: the application's name and address, and where its own files are."""

    application: str
    base_url: str
    scripts: Sequence[str]
    styles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """The answers of the five reads, in the form that callers of the API get them."""

    overview: Mapping[str, Any]
    pages: Mapping[str, Any]
    referrers: Mapping[str, Any]
    devices: Mapping[str, Any]
    campaigns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the time series."""

    start: str
    label: str
    values: tuple[int, int, int]


def html(figures: Figures, period: Period, around: Surroundings) -> bytes:
    """Return the page. Takes some milliseconds for a hundred rows."""
    return (
        _template()
        .render(
            around=around,
            period=period,
            presets=presets_of(period),
            granularities=GRANULARITIES,
            zones=_zones(period.timezone),
            summary=figures.overview["summary"],
            buckets=_buckets(figures.overview["timeSeries"], period),
            pages=figures.pages,
            referrers=figures.referrers,
            devices=figures.devices,
            campaigns=figures.campaigns,
        )
        .encode()
    )


def _buckets(series: Iterable[Mapping[str, Any]], period: Period) -> list[Bucket]:
    zone = ZoneInfo(period.timezone)
    return [
        Bucket(
            each["period"],
            wording.bucket(each["period"], period.granularity, zone),
            (each["pageViews"], each["uniqueVisitors"], each["sessions"]),
        )
        for each in series
    ]


def _share(value: float, of: float) -> str:
    """Return a length in per cent, for a bar."""
    return f"{100 * value / of:.1f}" if of else "0"


def _zones(shown: str) -> list[tuple[str, list[str]]]:
    """Return the zones to choose from by region; the one that is shown is always among them."""
    known = _known_zones()
    if shown == "UTC" or any(shown in names for _, names in known):
        return known
    return [("Shown", [shown]), *known]


@cache
def _known_zones() -> list[tuple[str, list[str]]]:
    # The package has a list of them; the library would look through all folders of the system.
    listed = sorted(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
    regions = groupby(listed, lambda name: name.partition("/")[0])
    return [(region, list(names)) for region, names in regions if region in _REGIONS]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=wording.number, percentage=wording.percentage, duration=wording.duration, days=wording.days
    )
    environment.globals.update(share=_share, days=wording.days)
    return environment.get_template("page.html")
