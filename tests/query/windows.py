"""The days of a window of relative dates, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

_PAST = {"pastWeek": 7, "pastMonth": 30, "pastYear": 365}
_NEXT = {"nextWeek": 7, "nextMonth": 30, "nextYear": 365}


def window(word: str, today: date, days: int = 0) -> tuple[date, date]:
    """Return the first and the last day; `days` is the number of a window that has one."""
    if word in _PAST or word == "pastDays":
        return today - timedelta(days=_PAST.get(word, days)), today
    if word in _NEXT or word == "nextDays":
        return today, today + timedelta(days=_NEXT.get(word, days))
    monday = today - timedelta(days=today.weekday())
    next_month = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "thisWeek": (monday, monday + timedelta(days=6)),
        "thisMonth": (today.replace(day=1), next_month - timedelta(days=1)),
        "thisYear": (date(today.year, 1, 1), date(today.year, 12, 31)),
    }[word]
