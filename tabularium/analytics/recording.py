"""Stores a batch of views, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tabularium.analytics.sessions import Sessions, names_of
from tabularium.analytics.view import QUARTER, View
from tabularium.db import analytics_recording as stored
from tabularium.db.analytics_days import DAY_MILLISECONDS, reopen
from tabularium.db.analytics_recording import StoredSession
from tabularium.db.analytics_titles import store_titles
from tabularium.db.database import Session


async def record(session: Session, views: Sequence[View], robots: Sequence[int], gap: int) -> None:
    """Store views, and count those by robots, of which only the times are known.

    After `gap` milliseconds without a view a session is over.
    """
    await stored.hold_sessions(session)
    if views:
        await _record_views(session, sorted(views, key=lambda each: each.at), gap)
    await stored.count_robots(session, Counter(at - at % QUARTER for at in robots))


async def _record_views(session: Session, views: Sequence[View], gap: int) -> None:
    known = await stored.find_sessions(session, names_of(views), views[0].at - gap)
    touched = {*_days_of(known), *(_day_of(view.at) for view in views)}
    sessions = Sessions.of(gap, known)
    placed = [(view, sessions.place(view)) for view in views]
    await reopen(session, sorted({*touched, *_days_of(sessions.live.values())}))
    await stored.move_events(session, sessions.moved)
    await stored.store_sessions(session, sessions.stored.keys(), list(sessions.live.values()))
    await stored.store_events(session, [view.row(sessions.id_of(each)) for view, each in placed])
    await store_titles(session, {view.path: (view.title, view.at) for view in views if view.title is not None})


def _days_of(sessions: Iterable[StoredSession]) -> Iterator[int]:
    """Yield the days whose figures sessions are part of."""
    for each in sessions:
        yield from (_day_of(each.first_at), _day_of(each.last_at))


def _day_of(at: int) -> int:
    return at - at % DAY_MILLISECONDS
