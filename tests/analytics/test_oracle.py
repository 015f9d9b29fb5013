"""The five reads against a plain evaluation of the views, for random views that arrive in random order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabularium.analytics.recording import record
from tabularium.analytics.view import View
from tabularium.db.analytics_days import count_day, find_uncounted
from tabularium.db.analytics_months import count_month, find_uncounted_months
from tabularium.db.analytics_parting import part_days
from tabularium.db.analytics_recording import forget_older
from tabularium.db.analytics_retention import forget_counts
from tests.analytics import plain
from tests.analytics.plain import EPOCH, MINUTE, Seen
from tests.support.auth import Browser, Site, site

GAP = 30 * MINUTE
DAY = 24 * 60 * MINUTE
MOST_STEPS_DAYS = 39
"""Of so many days the hours are fewer than the most steps that a read may have."""
ZONES = (
    *("UTC", "Europe/Zurich", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"),
    *("Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns"),
)
# Clocks in Brazil were put forward over a midnight, and back over one; in Europe and on Lord Howe they change as well.
STARTS = tuple(
    datetime(*day, tzinfo=UTC) for day in ((2018, 11, 3), (2018, 2, 16), (2018, 3, 24), (2018, 4, 1), (2026, 3, 1))
)
CLOCKS = st.integers(0, DAY - 1) | st.integers(0, 95).map(lambda quarter: quarter * 15 * MINUTE)
LATER = 1 << 42
"""A time after all views."""
Span = tuple[dict[str, Any], int, int]
GRANULARITIES = ("hour", "day", "week", "month")
EMPTIED = tuple(
    f"_analytics_{name}"
    for name in (
        *("event", "session", "page_title", "robots", "counted", "quarter_hour"),
        *("day_total", "month_total"),
    )
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Browser]]:
    folder: Path = tmp_path_factory.mktemp("analytics")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    limits = {"admin": {"requests": 1_000_000, "windowSeconds": 1}}
    with site(folder, url, analytics=True, api={"rateLimits": limits}) as opened:
        yield opened, opened.admin()


@st.composite
def streams(draw: st.DrawFn) -> tuple[int, list[Seen]]:
    """Draw views of few people on some days, or months, with pauses that are often as long as a session may pause."""
    start = (draw(st.sampled_from(STARTS)) - EPOCH) // timedelta(milliseconds=1)
    around_midnights = (st.integers(day * 24 * 60 - 70, day * 24 * 60 + 70) for day in (1, 2))
    minutes = st.one_of(st.integers(0, 3 * 24 * 60), *around_midnights)
    if draw(st.booleans()):
        minutes |= st.integers(0, 70 * 24 * 60)
    texts = st.none() | st.sampled_from(["a", "b"])
    drawn = draw(
        st.lists(
            st.tuples(
                *(
                    minutes,
                    st.sampled_from([0, 1, MINUTE - 1]),
                    st.sampled_from("pq"),
                    st.sampled_from(["/", "/a", "/ä"]),
                ),
                *(texts, st.sampled_from(["desktop", "mobile", "tablet"]), st.tuples(texts, texts, texts)),
                st.integers(0, 4),
            ),
            max_size=40,
        )
    )
    views = []
    for minute, millisecond, person, path, referrer, device, campaign, more in drawn:
        for step in range(more + 1):
            at = start + (minute + step * 30) * MINUTE + millisecond
            views.append(Seen(at, person, path, referrer, device, campaign))
    return start, draw(st.permutations(views))


def view_of(seen: Seen) -> View:
    after_midnight = seen.at % (24 * 60 * MINUTE)
    former = f"{seen.person}{seen.day - 1}" if after_midnight <= GAP else None
    return View(
        *(seen.at, f"{seen.person}{seen.day}", former, seen.path, seen.title, seen.referrer, seen.device),
        *("Firefox", "macOS", *seen.campaign),
    )


def spans(start: int, drawn: tuple[int, int], times: tuple[int, int, bool] | None, zone: ZoneInfo) -> Span:
    """Return the parameters of a span of some days, or with times in the first and the last one, and what it is."""
    first = (EPOCH + timedelta(milliseconds=start, days=drawn[0])).date()
    last = first + timedelta(days=drawn[1])
    query: dict[str, Any] = {"from": first, "to": last, "timezone": zone.key}
    if times is None:
        return query, plain.first_instant(first, zone), plain.first_instant(last + timedelta(days=1), zone)
    *clocks, is_exact = times
    unit = 1 if is_exact else 1000
    begin, end = (
        start + day * DAY + at - at % unit for day, at in zip((drawn[0], sum(drawn) + 1), clocks, strict=True)
    )
    for name, at in (("from", begin), ("to", end)):
        query[name] = plain.moment(at, zone).isoformat(timespec="milliseconds" if is_exact else "seconds")
    return query, begin, end + unit


def settle(crm: Site) -> None:
    """Count every day and every month, as the job does."""
    while (day := crm.write(lambda session: find_uncounted(session, LATER))) is not None:
        crm.write(lambda session, day=day: count_day(session, day))
    for month in crm.write(lambda session: find_uncounted_months(session, LATER)):
        crm.write(lambda session, month=month: count_month(session, month))


def part(crm: Site) -> None:
    """Part the days of all visitors, as the job does."""
    while crm.write(lambda session: part_days(session, LATER)):
        pass


def forget(crm: Site, before: int) -> None:
    """Forget what is older than a time, as the job does."""
    while crm.write(lambda session: forget_older(session, before)):
        pass
    while crm.write(lambda session: forget_counts(session, before)):
        pass


def store(
    crm: Site,
    views: Sequence[Seen],
    robots: Sequence[int],
    sizes: Sequence[int],
    counted: Sequence[int] = (),
    settled: Collection[int] = (),
) -> list[Seen]:
    """Store views in batches, and return them as they arrived.

    Some days are counted before all of their views are there, and before some batches all is counted.
    """
    for table in EMPTIED:
        crm.write(lambda session, table=table: session.execute(f"DELETE FROM {table}"))
    rest, arrived = list(views), list[Seen]()
    crm.write(lambda session: record(session, [], robots, GAP))
    for place, size in enumerate((*sizes, len(rest))):
        if place in settled:
            settle(crm)
        for day in counted[place::2]:
            crm.write(lambda session, day=day: count_day(session, day))
        some, rest = rest[:size], rest[size:]
        # Views of a batch are stored in the order of their times.
        for each in sorted(some, key=lambda view: view.at):
            arrived.append(Seen(**{**vars(each), "number": len(arrived)}))
        if some:
            crm.write(lambda session, some=some: record(session, [view_of(each) for each in some], [], GAP))
    for day in counted[::2]:
        crm.write(lambda session, day=day: count_day(session, day))
    return arrived


def asked(root: Browser, name: str, **query: Any) -> Any:
    answer = root("GET", f"/api/analytics/{name}?{urlencode(query)}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body, parse_float=Decimal)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    stream=streams(),
    robots=st.lists(st.integers(-60, 4 * 24 * 60), max_size=5),
    sizes=st.lists(st.integers(1, 10), max_size=4),
    settled=st.sets(st.integers(0, 4)),
    forgotten=st.none() | st.integers(-1, 4) | st.integers(0, 70),
    is_settled=st.booleans(),
    is_parted=st.booleans(),
    name=st.sampled_from(ZONES),
    granularity=st.sampled_from(GRANULARITIES),
    counted=st.lists(st.integers(-1, 4), max_size=6),
    days=st.tuples(st.integers(-1, 3), st.integers(0, 3)) | st.tuples(st.integers(-40, 60), st.integers(0, 110)),
    times=st.none() | st.tuples(CLOCKS, CLOCKS, st.booleans()),
)
def test_every_figure_is_that_of_a_plain_evaluation(
    crm: tuple[Site, Browser],
    stream: tuple[int, list[Seen]],
    robots: list[int],
    sizes: list[int],
    name: str,
    granularity: str,
    counted: list[int],
    days: tuple[int, int],
    times: tuple[int, int, bool] | None,
    settled: set[int],
    forgotten: int | None,
    is_settled: bool,
    is_parted: bool,
) -> None:
    opened, root = crm
    begin, drawn = stream
    met = [begin + minute * MINUTE for minute in robots]
    views = store(opened, drawn, met, sizes, [begin + day * DAY for day in counted], settled)
    if is_settled:
        settle(opened)
    if is_parted:
        part(opened)
    since = 0 if forgotten is None else begin + forgotten * DAY
    forget(opened, since)
    if len(settled) % 2:
        settle(opened)
    if granularity == "hour":
        days = (days[0], min(days[1], MOST_STEPS_DAYS))
    zone = ZoneInfo(name)
    query, start, end = spans(begin, days, times, zone)

    answer = asked(root, "overview", **query, granularity=granularity)
    assert answer == plain.overview(views, GAP, start, end, granularity, zone, met, since)
    kept = [view for view in views if view.at >= since]
    titles: dict[str, str] = {}
    assert asked(root, "pages", **query)["pages"] == plain.pages(views, GAP, start, end, titles, since)
    assert asked(root, "referrers", **query)["referrers"] == plain.referrers(kept, start, end)
    assert asked(root, "campaigns", **query)["campaigns"] == plain.campaigns(kept, start, end)
    shares = asked(root, "devices", **query)
    total = answer["summary"]["pageViews"]
    for listed in shares.values():
        assert sum(each["count"] for each in listed) == total
        assert sum(each["percentage"] for each in listed) == (100 if total else 0)
    assert sum(point["pageViews"] for point in answer["timeSeries"]) == total
    assert sum(point["sessions"] for point in answer["timeSeries"]) == answer["summary"]["sessions"]


def test_batches_of_several_processes_at_once_find_the_same_sessions(crm: tuple[Site, Browser]) -> None:
    opened, _ = crm
    begin = 20_000 * 24 * 60 * MINUTE
    views = [Seen(begin + minute * MINUTE, "pq"[minute % 2], "/", None, "mobile", (None,) * 3) for minute in range(64)]
    store(opened, [], [], [])
    database = opened.opened["database"]

    async def together() -> None:
        parts = [[view_of(each) for each in views[place::8]] for place in range(8)]
        await asyncio.gather(
            *(database.write(lambda session, part=part: record(session, part, [], GAP)) for part in parts)
        )

    opened.client.run(together())
    kept = opened.sql("SELECT first_at, last_at, views FROM _analytics_session ORDER BY first_at")
    expected = sorted((own[0].at, own[-1].at, len(own)) for own in plain.sessions_of(views, GAP))
    assert [tuple(row) for row in kept] == expected
    assert len(opened.sql("SELECT DISTINCT session FROM _analytics_event")) == 2
