from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tabularium.analytics.dashboard import wording

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0s"),
        (59.99, "59s"),
        (60, "1m 0s"),
        (Decimal("143.5"), "2m 23s"),
        (3600, "1h 0m"),
        (7322, "2h 2m"),
    ],
)
def test_durations(seconds: wording.Number | None, text: str) -> None:
    assert wording.duration(seconds) == text


def test_numbers_and_percentages() -> None:
    assert (wording.number(1234567), wording.number(2.25), wording.number(None)) == ("1,234,567", "2.25", "–")
    texts = tuple(map(wording.percentage, (41.67, 100, 0.0, Decimal("4.10"), None)))
    assert texts == ("41.67%", "100%", "0%", "4.1%", "–")


@pytest.mark.parametrize(
    ("start", "steps", "text"),
    [
        ("2026-03-01T23:00:00.000Z", "day", "Mon 2 Mar 2026"),
        ("2026-03-01T23:00:00.000Z", "week", "Week of 2 Mar 2026"),
        ("2026-02-28T23:00:00.000Z", "month", "March 2026"),
        ("2026-03-02T13:00:00.000Z", "hour", "Mon 2 Mar, 14:00"),
        ("2026-10-25T00:00:00.000Z", "hour", "Sun 25 Oct, 02:00 (UTC+02:00)"),
        ("2026-10-25T01:00:00.000Z", "hour", "Sun 25 Oct, 02:00 (UTC+01:00)"),
        ("2026-10-25T02:00:00.000Z", "hour", "Sun 25 Oct, 03:00"),
    ],
)
def test_steps_are_named_by_the_clocks_of_the_zone(start: str, steps: str, text: str) -> None:
    assert wording.bucket(start, steps, BERLIN) == text
