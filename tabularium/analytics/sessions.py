"""Which session a view belongs to, by the times of views alone, in whatever order they arrive."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tabularium.analytics.view import View
from tabularium.db.analytics_recording import StoredSession

_ID_BITS = 62
_DAY = 86_400_000


@dataclass(slots=True)
class Sessions:
    """The sessions that some views may belong to: those that were stored, and what becomes of them.

    A view belongs to a session of the same visitor where it lies at most `timeout` milliseconds before, within or after
    it. One that lies so near to two joins them: the plain rule, applied to all views in the order of their times, would
    never have parted them.
    """

    timeout: int
    stored: dict[int, StoredSession]
    live: dict[int, StoredSession] = field(default_factory=dict)
    joined: dict[int, int] = field(default_factory=dict)
    """Sessions that are no more, each with the one that has taken its views."""
    _by_visitor: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, timeout: int, stored: Iterable[StoredSession]) -> Sessions:
        """Return the sessions with those that are stored."""
        found = cls(timeout, {})
        for each in stored:
            found.stored[each.id] = each
            found._keep(each)
        return found

    def place(self, view: View) -> int:
        """Return the session of a view, which `id_of` may know by another id later on."""
        near = sorted(self._near(view), key=lambda each: (each.first_at, each.id))
        if not near:
            new = StoredSession(
                *(secrets.randbits(_ID_BITS), view.visitor, view.former, view.at, view.at, 1, view.path, view.path)
            )
            self._keep(new)
            return new.id
        first, *others = near
        for each in others:
            self._join(first, each)
        self._extend(first, view)
        return first.id

    def id_of(self, session: int) -> int:
        """Return by which id a session is known in the end."""
        while session in self.joined:
            session = self.joined[session]
        return session

    @property
    def moved(self) -> dict[int, int]:
        """Stored sessions whose views have another one now."""
        return {each: self.id_of(each) for each in self.joined if each in self.stored}

    def _near(self, view: View) -> list[StoredSession]:
        ids = set[int]()
        for name in (view.visitor, view.former):
            if name is not None:
                ids |= self._by_visitor.get(name, set())
        return [
            each
            for session in ids
            if (each := self.live.get(session)) is not None
            and each.first_at - self.timeout <= view.at <= each.last_at + self.timeout
        ]

    def _extend(self, session: StoredSession, view: View) -> None:
        self._name(session, view.at, view.visitor, view.former)
        session.views += 1
        if view.at < session.first_at:
            session.first_at, session.entry = view.at, view.path
        if view.at >= session.last_at:
            session.last_at, session.exit = view.at, view.path

    def _join(self, first: StoredSession, later: StoredSession) -> None:
        self._name(first, later.last_at, later.visitor, later.former)
        first.views += later.views
        first.last_at, first.exit = later.last_at, later.exit
        del self.live[later.id]
        self.joined[later.id] = first.id

    def _name(self, session: StoredSession, at: int, visitor: str, former: str | None) -> None:
        """Know a session by the name of its visitor on the latest day, and by that on the day before."""
        days = at // _DAY - session.last_at // _DAY
        if days == 0:
            session.former = session.former or former
        elif days == 1:
            session.visitor, session.former = visitor, session.visitor
        elif days > 1:
            session.visitor, session.former = visitor, former
        elif days == -1:
            session.former = visitor
        self._keep(session)

    def _keep(self, session: StoredSession) -> None:
        self.live[session.id] = session
        for name in (session.visitor, session.former):
            if name is not None:
                self._by_visitor.setdefault(name, set()).add(session.id)


def names_of(views: Sequence[View]) -> set[str]:
    """Return every name under which the visitors of some views may be known."""
    return {name for view in views for name in (view.visitor, view.former) if name is not None}
