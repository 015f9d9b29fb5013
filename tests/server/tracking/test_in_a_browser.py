"""The tracking script as it is served, in a real browser, on pages of another origin."""

from __future__ import annotations

import time

import pytest

from tests.server.tracking.conftest import PAGES, PRERENDERED, RELEASED, Visit

NO_BEACON = "navigator.sendBeacon = undefined;"
"""Ahead of the page: a browser without it, or with an extension that takes it away."""


def _navigator(name: str, value: str) -> str:
    return f"Object.defineProperty(navigator, '{name}', {{get: () => {value}}});"


def test_a_page_that_loads_is_one_view(visit: Visit) -> None:
    page = visit.open(
        "/books?q=secret&utm_source=letter&utm_medium=mail&utm_campaign=spring&utm_content=top&utm_term=new#x"
    )
    (view,) = visit.collector.wait_for(1)
    assert view == {
        "p": "/books",
        "t": "Page /books",
        "sw": page.evaluate("screen.width"),
        "sh": page.evaluate("screen.height"),
        "us": "letter",
        "um": "mail",
        "uc": "spring",
        "ux": "top",
        "ut": "new",
    }
    (received,) = visit.collector.received
    assert received.path == "/api/analytics/collect"
    assert received.headers["content-type"].lower() == "text/plain;charset=utf-8"
    assert received.headers["origin"] == visit.site
    assert "secret" not in received.text
    assert visit.collector.preflights == 0
    assert page.complaints() == []


def test_nothing_is_kept_in_the_browser(visit: Visit) -> None:
    page = visit.open()
    visit.collector.wait_for(1)
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    assert page.evaluate("indexedDB.databases()") == []
    assert "cookie" not in visit.collector.received[0].headers


def test_without_beacons_the_view_is_fetched_without_credentials(visit: Visit) -> None:
    page = visit.open(before=NO_BEACON + "window.fetched = []; const real = fetch;"
                      "window.fetch = (...all) => { fetched.push(all[1]); return real(...all) };")  # fmt: skip
    assert visit.collector.paths(1) == ["/"]
    (options,) = page.evaluate("fetched.map(({keepalive, credentials, method}) => ({keepalive, credentials, method}))")
    assert options == {"keepalive": True, "credentials": "omit", "method": "POST"}
    assert visit.collector.received[0].headers["content-type"].lower() == "text/plain;charset=utf-8"
    assert visit.collector.preflights == 0


def test_a_beacon_that_the_browser_does_not_take_is_fetched(visit: Visit) -> None:
    visit.open(before="navigator.sendBeacon = () => false;")
    assert visit.collector.paths(1) == ["/"]


def test_a_page_that_moves_by_itself_sends_each_new_path_with_its_new_title(visit: Visit) -> None:
    page = visit.open("/a")
    visit.collector.wait_for(1)
    page.evaluate("history.pushState({}, '', '/b?page=2'); document.title = 'B'; 0")
    first, second = visit.collector.wait_for(2)
    assert (first["p"], second["p"], second["t"]) == ("/a", "/b", "B")
    page.evaluate("history.pushState({}, '', '/b?page=3')")
    page.evaluate("history.replaceState({}, '', '/b?page=4#part')")
    assert visit.collector.paths(2) == ["/a", "/b"]
    page.evaluate("history.replaceState({}, '', '/c')")
    assert visit.collector.paths(3) == ["/a", "/b", "/c"]
    page.evaluate("history.go(-2)")
    assert visit.collector.paths(4) == ["/a", "/b", "/c", "/a"]
    page.evaluate("location.hash = 'part'")
    assert len(visit.collector.wait_for(4)) == 4


def test_the_history_answers_pages_as_before(visit: Visit) -> None:
    page = visit.open()
    visit.collector.wait_for(1)
    assert page.evaluate("history.pushState({at: 1}, '', '/x') === undefined && history.state.at") == 1
    refused = "(() => { try { history.pushState({}, '', 'https://other.example/') } catch (e) { return e.name } })()"
    assert page.evaluate(refused) == "SecurityError"
    assert visit.collector.paths(2) == ["/", "/x"]


def test_the_origin_of_the_referrer_is_sent_once(visit: Visit) -> None:
    from_elsewhere = visit.site.replace("localhost", "127.0.0.1")
    page = visit.open("/from?private=1", attributes="data-manual=true")
    page.open(f"{from_elsewhere}/from?private=1")
    head = '<meta name="referrer" content="unsafe-url">'
    visit.open("/start?private=1", head=head, attributes="data-manual=true")
    visit.open("/start?private=1", head=head)
    page.evaluate("document.querySelector('#next').click()")
    page.wait_until("location.pathname === '/next' && document.readyState === 'complete'")
    page.evaluate("history.pushState({}, '', '/later')")
    start, following, later = visit.collector.wait_for(3)
    assert following["r"] == visit.site
    assert "r" not in start
    assert "r" not in later
    assert all("private" not in each.text for each in visit.collector.received)


def test_fragments_are_paths_where_the_page_says_so(visit: Visit) -> None:
    page = visit.open("/app#/users?token=1", attributes='data-hash="true"')
    visit.collector.wait_for(1)
    page.evaluate("location.hash = '#/users?token=2'")
    page.evaluate("location.hash = '#/books'")
    assert visit.collector.paths(2) == ["/app#/users", "/app#/books"]


def test_a_page_can_say_itself_what_is_viewed(visit: Visit) -> None:
    page = visit.open("/a", attributes='data-manual="true"')
    page.evaluate("history.pushState({}, '', '/b')")
    visit.collector.wait_for(0)
    page.evaluate("tabularium.view()")
    page.evaluate("tabularium.view('/step/2?code=3')")
    page.evaluate("tabularium.view('café')")
    page.evaluate("tabularium.view('http://[')")
    assert visit.collector.paths(3) == ["/b", "/step/2", "/caf%C3%A9"]


def test_a_page_can_add_views_of_its_own(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate("tabularium.view('/a/opened'); tabularium.view('/a/opened'); 0")
    assert visit.collector.paths(3) == ["/a", "/a/opened", "/a/opened"]


def test_views_go_where_the_page_says(visit: Visit) -> None:
    visit.open("/a", attributes=f'data-api="{visit.collector.address}/elsewhere"')
    visit.collector.wait_for(1)
    assert visit.collector.received[0].path == "/elsewhere"


def test_a_script_that_is_there_twice_counts_once(visit: Visit) -> None:
    visit.open("/a", head=f'<script src="{visit.collector.address}/api/analytics/script.js"></script>')
    assert visit.collector.paths(1) == ["/a"]


REFUSALS = {
    "do not track": _navigator("doNotTrack", "'1'"),
    "global privacy control": _navigator("globalPrivacyControl", "true"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_who_does_not_want_to_be_counted_is_not(visit: Visit, refusal: str) -> None:
    page = visit.open("/a", before=refusal)
    page.evaluate("history.pushState({}, '', '/b'); tabularium.view('/c'); 0")
    visit.collector.wait_for(0)


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_the_application_may_count_them_all_the_same(visit: Visit, refusal: str) -> None:
    visit.collector.respect = False
    visit.open("/a", before=refusal)
    assert visit.collector.paths(1) == ["/a"]


@pytest.mark.parametrize("setting", ["'0'", "'unspecified'", "null"])
def test_other_settings_are_no_refusal(visit: Visit, setting: str) -> None:
    visit.open("/a", before=_navigator("doNotTrack", setting))
    assert visit.collector.paths(1) == ["/a"]


def test_a_browser_that_a_program_drives_sends_nothing(automated_visit: Visit) -> None:
    page = automated_visit.open("/a")
    assert page.evaluate("navigator.webdriver") is True
    page.evaluate("history.pushState({}, '', '/b'); tabularium.view('/c'); 0")
    automated_visit.collector.wait_for(0)


def test_a_return_from_the_back_forward_cache_is_a_view(visit: Visit) -> None:
    page = visit.open("/a")
    visit.collector.wait_for(1)
    page.evaluate(
        "window.kept = true; addEventListener('pageshow', (event) => { window.persisted = event.persisted }); 0"
    )
    page.evaluate("document.querySelector('#next').click()")
    page.wait_until("location.pathname === '/next' && document.readyState === 'complete'")
    visit.collector.wait_for(2)
    page.evaluate("setTimeout(() => history.back(), 0); 0")
    page.wait_until("location.pathname === '/a' && document.readyState === 'complete'")
    assert page.evaluate("window.persisted") is True
    views = visit.collector.wait_for(3)
    assert [each["p"] for each in views] == ["/a", "/next", "/a"]
    assert "r" not in views[2]


def test_a_prerendered_page_is_a_view_when_it_is_shown(visit: Visit) -> None:
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}</script>'
    follow = "fetch('/wait').then(() => document.querySelector('#next').click())"
    page = visit.open("/before", attributes="data-manual=true")
    PAGES["attributes"], PAGES["head"] = "", f"{rules}<script>location.pathname === '/a' && {follow}</script>"
    RELEASED.clear()
    PRERENDERED.clear()
    page.evaluate("setTimeout(() => { location.href = '/a' }, 50); 0")
    with page.alone():
        is_prerendered = PRERENDERED.wait(5)
        time.sleep(0.3)
        paths = visit.collector.paths(1)
        RELEASED.set()
        paths = [paths, visit.collector.paths(2)]
    if not is_prerendered or page.evaluate("performance.getEntriesByType('navigation')[0].activationStart") == 0:
        pytest.skip("This browser prerenders nothing here: it does not where memory is short.")
    assert paths == [["/a"], ["/a", "/next"]]


def test_while_a_page_is_prerendered_nothing_is_sent(visit: Visit) -> None:
    hidden = "let hidden = true; Object.defineProperty(document, 'prerendering', {get: () => hidden});"
    shown = "hidden = false; document.dispatchEvent(new Event('prerenderingchange'))"
    page = visit.open("/a", before=f"{hidden} window.showPage = () => {{ {shown} }};")
    visit.collector.wait_for(0)
    page.evaluate("showPage()")
    assert visit.collector.paths(1) == ["/a"]


def test_nothing_is_sent_that_would_be_refused_as_too_long(visit: Visit) -> None:
    sign = "\N{GRINNING FACE}"
    page = visit.open(f"/{'a' * 3000}?utm_source={'s' * 256}&utm_medium={'m' * 255}", attributes="data-manual=true")
    page.evaluate(f"document.title = '{sign * 600}\\ud83d'; tabularium.view(); 0")
    (view,) = visit.collector.wait_for(1)
    assert view["p"] == "/" + "a" * 2047
    assert view["t"] == sign * 512
    assert view["um"] == "m" * 255
    assert "us" not in view


def test_halves_of_signs_and_control_characters_become_spaces(visit: Visit) -> None:
    page = visit.open("/a?utm_source=%00x", attributes="data-manual=true")
    page.evaluate("document.title = 'a\\ud83db\\u0001c'; tabularium.view(); 0")
    (view,) = visit.collector.wait_for(1)
    assert (view["t"], view["us"]) == ("a b c", " x")


def test_a_view_is_never_larger_than_the_server_takes(visit: Visit) -> None:
    sign = "%F0%9F%98%80"
    names = ("source", "medium", "campaign", "content", "term")
    query = "&".join(f"utm_{name}={sign * 255}" for name in names)
    page = visit.open(f"/{'a' * 2047}", attributes="data-manual=true")
    page.evaluate(
        f"document.title = '\N{GRINNING FACE}'.repeat(512); history.pushState({{}}, '', '?{query}'); tabularium.view(); 0"
    )
    (view,) = visit.collector.wait_for(1)
    assert len(visit.collector.received[0].text.encode()) <= 8192
    assert {"p", "t", "us", "um", "uc"} <= view.keys()
    assert "ux" not in view
