"""Which session a view belongs to, whatever the order of arrival."""

from __future__ import annotations

from itertools import permutations

from tabularium.analytics.sessions import Sessions
from tabularium.analytics.view import View

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
GAP = 30 * MINUTE


def view(minute: int, path: str = "/") -> View:
    """Return a view of one person, so many minutes after a midnight."""
    day = minute * MINUTE // DAY
    former = f"p{day - 1}" if minute * MINUTE % DAY <= GAP else None
    texts = ("desktop", "Firefox", "macOS", None, None, None)
    return View(minute * MINUTE, f"p{day}", former, path, None, None, *texts)


def sessions_of(*views: View) -> list[tuple[int, int, int, str, str]]:
    """Let views arrive one by one, each in a batch of its own."""
    stored = {}
    for each in views:
        sessions = Sessions.of(GAP, stored.values())
        sessions.place(each)
        stored = dict(sessions.live)
    found = [(each.first_at, each.last_at, each.views, each.entry, each.exit) for each in stored.values()]
    return sorted((first // MINUTE, last // MINUTE, *rest) for first, last, *rest in found)


def test_a_pause_as_long_as_the_limit_is_none() -> None:
    assert sessions_of(view(0, "/a"), view(30, "/b")) == [(0, 30, 2, "/a", "/b")]
    assert sessions_of(view(0, "/a"), view(31, "/b")) == [(0, 0, 1, "/a", "/a"), (31, 31, 1, "/b", "/b")]


def test_a_view_between_two_sessions_joins_them() -> None:
    views = (view(0, "/a"), view(60, "/c"), view(30, "/b"))
    assert {tuple(sessions_of(*some)) for some in permutations(views)} == {((0, 60, 3, "/a", "/c"),)}


def test_a_session_goes_on_after_midnight_in_whatever_order_its_views_arrive() -> None:
    midnight = 24 * 60
    views = [view(midnight + minute, f"/{place}") for place, minute in enumerate((-25, -1, 20, 45))]
    expected = (midnight - 25, midnight + 45, 4, "/0", "/3")
    assert {tuple(sessions_of(*some)) for some in permutations(views)} == {(expected,)}


def test_a_person_is_not_known_again_on_the_next_day() -> None:
    midnight = 24 * 60
    assert len(sessions_of(view(midnight - 60), view(midnight + 60))) == 2
