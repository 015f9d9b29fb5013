"""The page in a real browser: what is seen, light and dark, small and large, without JavaScript, by keyboard alone.

What fonts draw differs from machine to machine, so no picture is compared sign by sign: the tests measure the layout and
look for the chart's colours. The pictures are left in `build/screenshots/` for people to look at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import pytest

from tabularium.analytics.dashboard.page import Figures, Period
from tests.analytics.dashboard.conftest import PICTURES, Show
from tests.analytics.dashboard.sample import HOSTILE, days, empty, figures, hostile, period
from tests.support.chromium import Chromium, Page

SIZES: Final = {"small": (390, 844), "large": (1280, 900)}
SERIES: Final = ("views", "visitors", "sessions")

# Of all elements that show text: what is cut or reaches out of the window, outside of what scrolls by itself.
REACHING_OUT: Final = """[...document.querySelectorAll('body *')].filter((each) => {
  if (each.closest('.scroll, .skip, .unseen, pre, svg, select, .uplot, details:not([open]) > :not(summary)')) return false;
  const box = each.getBoundingClientRect();
  return box.left < -0.5 || box.right > innerWidth + 0.5 || each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
    && getComputedStyle(each).display !== 'inline';
}).map((each) => each.outerHTML.slice(0, 120))"""

OVERLAPPING: Final = """(() => {
  const boxes = [...document.querySelectorAll('header > *, .tile, .card, .part, footer')].map((each) => [each, each.getBoundingClientRect()]);
  const meet = (one, other) => one.left < other.right - 0.5 && other.left < one.right - 0.5 && one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5;
  return boxes.flatMap(([a, one], at) => boxes.slice(at + 1).filter(([b, other]) => !a.contains(b) && meet(one, other)).map(([b]) => [a.className || a.tagName, b.className || b.tagName]));
})()"""

# The contrast of every text with the first opaque background behind it, by the formula of WCAG 2.
PALE: Final = """(() => {
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((numbers(colour)[3] ?? 1) === 1) return colour;
    }
  };
  const hasText = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll('body *')].filter((each) => hasText(each) && !each.closest('.unseen, option, optgroup')).map((each) => {
    const [one, other] = [light(getComputedStyle(each).color), light(behind(each))].sort((a, b) => b - a);
    return [each.outerHTML.slice(0, 80), (one + 0.05) / (other + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
})()"""

# How many pixels of the chart have about the colour of each series.
DRAWN: Final = """(() => {
  const canvas = document.querySelector('#chart canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return ['views', 'visitors', 'sessions'].map((name) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    let found = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200 && wanted.every((part, i) => Math.abs(part - data[at + i]) < 12)) found += 1;
    return found;
  });
})()"""


@contextmanager
def opened(
    chromium: Chromium, show: Show, shown: Figures, of: Period, *, scheme: str = "light", size: str = "large"
) -> Iterator[Page]:
    """Open the page of some figures, and hold the console to have no complaint at the end."""
    address = show(shown, of)
    with chromium.page() as page:
        width, height = SIZES[size]
        page.look(scheme=scheme, width=width, height=height)
        page.open(address)
        yield page
        assert page.complaints() == []


def keep(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.png").write_bytes(page.picture())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_all_of_it_can_be_seen(chromium: Chromium, show: Show, scheme: str, size: str) -> None:
    with opened(chromium, show, figures(period()), period(), scheme=scheme, size=size) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        keep(page, f"analytics-{scheme}-{size}")
        assert page.evaluate(REACHING_OUT) == []
        assert page.evaluate(OVERLAPPING) == []
        assert page.evaluate(PALE) == []
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
        assert min(page.evaluate(DRAWN)) > 100


FLAWS: Final = {
    "a column that is too wide": (".tile", "width: 90rem", REACHING_OUT),
    "a card that lies on another": (".card", "margin-bottom: -3rem", OVERLAPPING),
    "a text that is too pale": (".hint", "color: #a0a0a0", PALE),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_measures_find_what_is_wrong(chromium: Chromium, show: Show, flaw: str) -> None:
    where, style, measure = FLAWS[flaw]
    with opened(chromium, show, figures(period()), period()) as page:
        change = f"document.querySelectorAll('{where}').forEach((each) => each.style.cssText = '{style}')"
        page.evaluate(change)
        assert page.evaluate(measure)


def test_light_and_dark_are_not_the_same(chromium: Chromium, show: Show) -> None:
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    with opened(chromium, show, figures(period()), period(), scheme="dark") as page:
        assert page.evaluate(colours) == ["rgb(16, 21, 27)", "rgb(228, 234, 240)"]
        dark = page.evaluate(DRAWN)
        page.look(scheme="light", width=1280, height=900)
        assert page.evaluate(colours) == ["rgb(244, 246, 248)", "rgb(23, 33, 43)"]
        page.wait_until(f"Math.min(...{DRAWN}) > 100")
        assert min(dark) > 100


def test_the_chart_shows_the_figures_of_the_table(chromium: Chromium, show: Show) -> None:
    with opened(chromium, show, figures(period()), period()) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        box = page.evaluate(
            "(({left, top, width, height}) => [left, top, width, height])(document.querySelector('.u-over').getBoundingClientRect())"
        )
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + box[2] - 1, y=box[1] + box[3] / 2)
        page.wait_until("document.querySelector('.u-value').textContent === 'Tue 31 Mar 2026'")
        told = page.evaluate("[...document.querySelectorAll('.u-value')].map((each) => each.textContent)")
        row = page.evaluate(
            "[...document.querySelectorAll('#series tbody tr:last-child > *')].map((each) => each.textContent)"
        )
        assert told == row


def test_the_chart_follows_the_window(chromium: Chromium, show: Show) -> None:
    with opened(chromium, show, figures(period()), period()) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        page.look(scheme="light", width=500, height=900)
        page.wait_until("document.querySelector('#chart .u-wrap').getBoundingClientRect().right <= innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth") == 500


@pytest.mark.parametrize(
    "shown", [days("2026-03-31", "2026-03-31"), days("2024-01-01", "2026-03-31")], ids=["one", "many"]
)
def test_one_step_and_many_make_a_chart(chromium: Chromium, show: Show, shown: dict[str, Any]) -> None:
    of = period(**shown, granularity="day")
    with opened(chromium, show, figures(of), of) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        assert min(page.evaluate(DRAWN)) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_site_without_views(chromium: Chromium, show: Show, scheme: str) -> None:
    with opened(chromium, show, empty(), period(), scheme=scheme) as page:
        keep(page, f"analytics-{scheme}-empty")
        assert page.evaluate("document.querySelector('#chart').hidden") is True
        assert page.evaluate(REACHING_OUT) == []
        assert page.evaluate(PALE) == []


@pytest.mark.parametrize("size", SIZES)
def test_what_strangers_send_does_nothing_and_moves_nothing(chromium: Chromium, show: Show, size: str) -> None:
    with opened(chromium, show, hostile(), period(), size=size) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        keep(page, f"analytics-hostile-{size}")
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.querySelectorAll('main img, main script, main iframe').length") == 0
        texts = page.evaluate("[...document.querySelectorAll('.path')].map((each) => each.textContent)")
        assert texts[: len(HOSTILE)] == list(HOSTILE)
        assert page.evaluate(REACHING_OUT) == []
        assert page.evaluate(OVERLAPPING) == []


def test_without_javascript_the_tables_have_everything(chromium: Chromium, show: Show) -> None:
    address = show(figures(period()), period())
    with chromium.page() as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.look(scheme="light", width=1280, height=900)
        page.open(address)
        assert page.evaluate("document.querySelector('#chart').checkVisibility()") is False
        assert page.evaluate("document.querySelectorAll('#series tbody tr').length") == 30
        assert page.evaluate("document.querySelector('#series').checkVisibility()") is True


def test_the_page_can_be_read_aloud(chromium: Chromium, show: Show) -> None:
    with opened(chromium, show, figures(period()), period()) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        page.evaluate("document.querySelector('#series-details').open = true")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        seen = [(each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if not each["ignored"]]
        roles = [role for role, _ in seen]
        assert [roles.count(role) for role in ("banner", "main", "contentinfo", "heading")] == [1, 1, 1, 10]
        assert ("navigation", "Periods") in seen
        assert ("form", "Period and time zone") in seen
        tables = [name for role, name in seen if role == "table"]
        assert len(tables) == 7
        assert all(tables)
        chart = [name for role, name in seen if role in ("image", "img")]
        assert chart == ["Page views, visitors and sessions by day. The table below has the figures."]
        assert {"rowheader", "columnheader"} <= set(roles)
        assert page.evaluate(
            "[...document.querySelectorAll('input, select')].every((each) => each.labels.length === 1)"
        )
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((each) => Number(each.tagName[1]))")
        assert levels[0] == 1
        assert all(later - former <= 1 for former, later in pairwise(levels))


def test_the_keyboard_reaches_everything(chromium: Chromium, show: Show) -> None:
    with opened(chromium, show, figures(period()), period()) as page:
        page.wait_until("document.querySelector('#chart canvas')")
        page.press("Tab", windowsVirtualKeyCode=9)
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        reached = set()
        for _ in range(40):
            page.press("Tab", windowsVirtualKeyCode=9)
            reached.add(
                page.evaluate("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 20)")
            )
        assert {"Today", "12 months", "from", "to", "granularity", "timezone", "Show", "Figures by day"} <= reached


def test_the_form_asks_for_what_was_chosen(chromium: Chromium, show: Show) -> None:
    with opened(chromium, show, figures(period()), period()) as page:
        chosen = {"from": "2026-01-01", "to": "2026-01-31", "granularity": "week", "timezone": "Asia/Kathmandu"}
        page.evaluate(
            f"Object.entries({json.dumps(chosen)}).forEach(([id, value]) => document.getElementById(id).value = value)"
        )
        page.evaluate("document.querySelector('button').click()")
        page.wait_until("location.search && document.readyState === 'complete'")
        assert page.evaluate("Object.fromEntries(new URLSearchParams(location.search))") == chosen
