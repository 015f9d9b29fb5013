from __future__ import annotations

from datetime import date

import pytest

from tabularium.analytics.dashboard.period import presets_of
from tests.analytics.dashboard.sample import days, period


def test_the_last_thirty_days_are_shown_where_nothing_is_asked_for() -> None:
    shown = period(timezone="UTC")
    assert (shown.first, shown.last, shown.granularity) == (date(2026, 3, 2), date(2026, 3, 31), "day")


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", 1), ("UTC", 31), ("Pacific/Honolulu", 31)])
def test_today_is_that_of_the_zone(zone: str, day: int) -> None:
    assert period(timezone=zone).today.day == day


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        (days("2026-01-05", "2026-01-09"), date(2026, 1, 5), date(2026, 1, 9)),
        ({"first": date(2026, 3, 1)}, date(2026, 3, 1), date(2026, 3, 31)),
        ({"first": date(2027, 3, 1)}, date(2027, 3, 1), date(2027, 3, 1)),
        ({"last": date(2026, 1, 31)}, date(2026, 1, 2), date(2026, 1, 31)),
        ({"last": date(1, 1, 3)}, date(1, 1, 3), date(1, 1, 3)),
    ],
)
def test_what_is_left_out_is_completed(asked: dict[str, date], first: date, last: date) -> None:
    shown = period(**asked)
    assert (shown.first, shown.last) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "steps"),
    [
        ("2026-03-31", "2026-03-31", "hour"),
        ("2026-03-30", "2026-03-31", "hour"),
        ("2026-03-29", "2026-03-31", "day"),
        ("2025-12-30", "2026-03-31", "day"),
        ("2025-12-29", "2026-03-31", "week"),
        ("2025-04-01", "2026-03-31", "week"),
        ("2024-01-01", "2026-03-31", "month"),
    ],
)
def test_the_steps_make_a_chart_that_can_be_read(first: str, last: str, steps: str) -> None:
    assert period(**days(first, last)).granularity == steps


def test_the_steps_that_were_asked_for_are_taken() -> None:
    assert period(granularity="month").granularity == "month"


def test_the_preset_that_is_shown_is_marked() -> None:
    assert [each.label for each in presets_of(period()) if each.is_shown] == ["30 days"]
    assert not [each for each in presets_of(period(**days("2026-01-01", "2026-01-30"))) if each.is_shown]
