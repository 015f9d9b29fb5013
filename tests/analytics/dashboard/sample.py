"""Figures that never change, in the form of the five reads, and what a stranger may put among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tabularium.analytics.dashboard.page import Figures, Surroundings
from tabularium.analytics.dashboard.period import Asked, Period, period_of
from tabularium.clock import instant_text

NOW: Final = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)
AROUND: Final = Surroundings("Lending library", "https://library.example", (), ())
HOSTILE: Final = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=1">',
    "'-window.hacked-'",
    "{{ 7 * 191 }}{% raw %}",
    "</title></style></script><svg onload=window.hacked=1>",
    "\u202egnitirw-thgir-ot-tfel",
    "javascript:window.hacked=1",
    "&lt;script&gt;&#39;",
)


def period(**asked: Any) -> Period:
    """Return a period that ends on the last day of March 2026."""
    chosen = {"first": None, "last": None, "timezone": "Europe/Berlin", "granularity": None, "rows": 20, **asked}
    return period_of(Asked(**chosen), NOW)


def figures(shown: Period) -> Figures:
    """Return figures of a small site for days."""
    zone = ZoneInfo(shown.timezone)
    series = []
    for at in range((shown.last - shown.first).days + 1):
        day = shown.first + timedelta(days=at)
        views = 180 + (at * 37) % 90 - (90 if day.weekday() >= 5 else 0) + 4 * at
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        figure = {"pageViews": views, "uniqueVisitors": views * 5 // 9, "sessions": views * 4 // 9}
        series.append({"period": instant_text(start), **figure})
    views = sum(each["pageViews"] for each in series)
    return Figures(
        overview={"summary": _summary(series), "timeSeries": series},
        pages={"pages": _pages(views), "total": 53},
        referrers={"referrers": _referrers(views), "total": 5},
        devices=_devices(views),
        campaigns={"campaigns": _campaigns(), "total": 3},
    )


def empty() -> Figures:
    """Return the figures of a site that nobody has viewed."""
    summary = dict.fromkeys(("pageViews", "uniqueVisitors", "sessions", "botsFiltered"), 0)
    summary |= dict.fromkeys(("bounceRate", "averageSessionSeconds", "viewsPerSession"))
    return Figures(
        overview={"summary": summary, "timeSeries": []},
        pages={"pages": [], "total": 0},
        referrers={"referrers": [], "total": 0},
        devices={"deviceTypes": [], "browsers": [], "operatingSystems": []},
        campaigns={"campaigns": [], "total": 0},
    )


def hostile() -> Figures:
    """Return figures whose every text comes from an attacker, among them words of the greatest length."""
    texts = [*HOSTILE, "/" + "x" * 2047, "W" * 512]
    figure = {"pageViews": 9_007_199_254_740_991, "uniqueVisitors": 1, "entries": 1, "exits": 1}
    row = {"pageViews": 9, "uniqueVisitors": 1}
    shares = [{"name": text, "count": 9, "percentage": 10.0} for text in texts]
    sample = figures(period())
    return Figures(
        overview=sample.overview,
        pages={"pages": [{"path": text, "title": text, **figure} for text in texts], "total": 9},
        referrers={"referrers": [{"domain": text, **row} for text in texts], "total": 9},
        devices=dict.fromkeys(("deviceTypes", "browsers", "operatingSystems"), shares),
        campaigns={
            "campaigns": [{"source": text, "medium": text, "campaign": text, **row} for text in texts],
            "total": 9,
        },
    )


def _summary(series: list[dict[str, Any]]) -> dict[str, Any]:
    totals = {name: sum(each[name] for each in series) for name in ("pageViews", "uniqueVisitors", "sessions")}
    rest = {"bounceRate": 41.67, "averageSessionSeconds": 143.5, "viewsPerSession": 2.25, "botsFiltered": 1204}
    return {**totals, **rest}


def _pages(views: int) -> list[dict[str, Any]]:
    known = [
        ("/", "Lending library"),
        ("/books", "All books"),
        ("/books/the-master-and-margarita", "The Master and Margarita – Lending library"),
        ("/opening-hours", "Opening hours"),
        ("/%D7%A1%D7%A4%D7%A8", "ספרים בעברית"),
        ("/a/very/long/path/that/somebody/has/thought/of/and/that/has/to/be/broken/somewhere/index.html", None),
        ("/events", "Readings & events"),
        ("/join", "Become a member"),
    ]
    rows = []
    for at, (path, title) in enumerate(known):
        count = views // (at + 3)
        row = {"path": path, "pageViews": count, "uniqueVisitors": count * 5 // 8}
        rows.append({**row, "entries": count // 3, "exits": count // 4, **({"title": title} if title else {})})
    return rows


def _referrers(views: int) -> list[dict[str, Any]]:
    domains = (None, "search.example", "news.example.org", "social.example", "xn--bcher-kva.example")
    counts = (views // (at + 2) for at in range(len(domains)))
    rows = zip(domains, counts, strict=True)
    return [{"domain": domain, "pageViews": count, "uniqueVisitors": count * 2 // 3} for domain, count in rows]


def _devices(views: int) -> dict[str, Any]:
    names = {
        "deviceTypes": (("desktop", 57.31), ("mobile", 38.6), ("tablet", 4.09)),
        "browsers": (("Chrome", 48.0), ("Safari", 27.5), ("Firefox", 20.25), ("Unknown", 4.25)),
        "operatingSystems": (("Windows", 38.0), ("Android", 24.1), ("iOS", 17.9), ("macOS", 12.0), ("Linux", 8.0)),
    }
    return {
        kind: [{"name": name, "count": int(views * share / 100), "percentage": share} for name, share in shares]
        for kind, shares in names.items()
    }


def _campaigns() -> list[dict[str, Any]]:
    return [
        {"source": "letter", "medium": "mail", "campaign": "spring-2026", "pageViews": 412, "uniqueVisitors": 318},
        {"source": "poster", "medium": None, "campaign": "readings", "pageViews": 96, "uniqueVisitors": 90},
        {"source": "partner", "medium": "banner", "campaign": None, "pageViews": 11, "uniqueVisitors": 11},
    ]


def days(first: str, last: str) -> dict[str, date]:
    """Name a period."""
    return {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
