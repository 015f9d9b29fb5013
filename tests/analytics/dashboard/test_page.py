from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tabularium.analytics.dashboard import page
from tests.analytics.dashboard.sample import AROUND, HOSTILE, days, empty, figures, hostile, period


class Reader(HTMLParser):
    """Reads a page into its elements, with their attributes, and its texts."""

    def __init__(self, html: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self._is_inside = False
        self.feed(html.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_texts_of_strangers_are_texts_and_nothing_else() -> None:
    shown = Reader(page.html(hostile(), period(), AROUND))
    for text in HOSTILE:
        # Path and title of a page, a referrer, three of a device, three of a campaign.
        assert shown.texts.count(text) == 9, text
    assert {tag for tag, _ in shown.elements}.isdisjoint({"img", "script", "iframe", "object", "style"})
    assert not [name for _, name, _ in shown.attributes if name.startswith("on") or name == "style"]
    targets = [value or "" for _, name, value in shown.attributes if name in ("href", "src", "action")]
    assert all(re.match(r"\?from=|/docs/analytics$|#figures$|data:,$", each) for each in targets), targets


def test_the_name_of_the_application_is_escaped() -> None:
    around = page.Surroundings(HOSTILE[0], "https://library.example", (), ())
    shown = Reader(page.html(empty(), period(), around))
    assert f"Analytics – {HOSTILE[0]}" in shown.texts
    assert "script" not in {tag for tag, _ in shown.elements}


def test_the_page_names_its_own_files_and_no_other_server() -> None:
    around = page.Surroundings("crm", "https://crm.example", ("/a.js",), ("/a.css",))
    html = page.html(figures(period()), period(), around).decode()
    assert '<script src="/a.js" defer></script>' in html
    assert '<link rel="stylesheet" href="/a.css">' in html
    assert "//" not in html
    assert len(re.findall("<script", html)) == 1


def test_the_policy_allows_nothing_inline_and_no_other_origin() -> None:
    sources = {source for rule in page.CONTENT_SECURITY_POLICY.split("; ") for source in rule.split()[1:]}
    assert sources == {"'none'", "'self'", "data:"}
    assert "script-src 'self';" in page.CONTENT_SECURITY_POLICY


def test_a_site_without_views_is_told_how_to_get_some() -> None:
    shown = Reader(page.html(empty(), period(), AROUND))
    assert '<script defer src="https://library.example/api/analytics/script.js"></script>' in shown.texts
    assert shown.texts.count("Nothing in this period") == 6
    assert "No views in this period" not in Reader(page.html(figures(period()), period(), AROUND)).texts


def test_what_is_shown_is_chosen_in_the_form() -> None:
    shown = period(**days("2026-02-01", "2026-02-14"), timezone="US/Eastern", rows=100)
    html = page.html(figures(shown), shown, AROUND).decode()
    assert 'name="from" type="date" required value="2026-02-01"' in html
    assert 'name="to" type="date" required value="2026-02-14"' in html
    assert "<option selected>day</option>" in html
    assert "<option selected>US/Eastern</option>" in html
    assert '<input type="hidden" name="rows" value="100">' in html
    assert "1 February 2026 – 14 February 2026, US/Eastern" in html


def test_a_list_that_is_cut_says_so_and_leads_to_more() -> None:
    shown = Reader(page.html(figures(period()), period(), AROUND))
    targets = [value for _, name, value in shown.attributes if name == "href"]
    assert "The first 8 of 53." in shown.texts
    assert "?from=2026-03-02&to=2026-03-31&timezone=Europe/Berlin&rows=100" in targets


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])
def test_each_zone_is_there_once(zone: str) -> None:
    html = page.html(empty(), period(timezone=zone), AROUND).decode()
    assert len(re.findall(rf"<option[^>]*>{re.escape(zone)}</option>", html)) == 1
    assert html.count("<option selected>") == 2
