"""`Idempotency-Key`: a request that is sent again is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.database import Database, Session
from tabularium.db.idempotency import Claim
from tests.records.conftest import APPLICATION
from tests.support.asgi import Answer, Client, call
from tests.support.auth import Settings, Site, site
from tests.support.serving import serving

PEOPLE = "/api/tables/people/records"
NOTES = "/api/tables/notes/records"
KEY = {"idempotency-key": "one"}
ADA = {"name": "Ada", "email": "ada@example.com"}
REPLAYED = "idempotency-replayed"
KEPT_HEADERS = ("etag", "location", "content-type")


def count(api: Client) -> int:
    return int(api("GET", PEOPLE).json()["pagination"]["total"])


def assert_replayed(first: Answer, again: Answer) -> None:
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers[REPLAYED] == "true"
    assert [again.headers[name] for name in KEPT_HEADERS] == [first.headers[name] for name in KEPT_HEADERS]


TABLES: list[dict[str, Any]] = [
    {
        "name": "notes",
        "fields": [{"name": "title", "type": "single-line-text"}],
        "permissions": {"read": "authenticated", "create": "authenticated"},
    },
    {"name": "inbox", "fields": [{"name": "title", "type": "single-line-text"}], "permissions": {"create": "all"}},
]


@pytest.fixture
def crm(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, database_url, tables=TABLES) as found:
        yield found


# Who asks -------------------------------------------------------------------------------------------------------------


def test_who_may_not_create_learns_nothing_of_anybodys_key(crm: Site) -> None:
    member = crm.browser()
    member.sign_up("member@example.com")
    first = member("POST", NOTES, {"title": "x"}, headers=KEY)
    assert (first.status, REPLAYED in first.headers) == (201, False)
    assert crm.browser()("POST", NOTES, {"title": "x"}, headers=KEY).status == 401
    viewer = crm.browser()
    viewer.sign_up("viewer@example.com")
    crm.sql("UPDATE \"user\" SET role = 'viewer' WHERE email = 'viewer@example.com'")
    assert viewer("POST", "/api/tables/none/records", {"title": "x"}, headers=KEY).status == 404


def test_a_key_is_that_of_its_caller_alone(crm: Site) -> None:
    ada, eve = crm.browser(), crm.browser()
    ada.sign_up("ada@example.com")
    eve.sign_up("eve@example.com")
    first = ada("POST", NOTES, {"title": "x"}, headers=KEY)
    assert_replayed(first, ada("POST", NOTES, {"title": "x"}, headers=KEY))
    other = eve("POST", NOTES, {"title": "another"}, headers=KEY)
    assert (other.status, other.json()["id"]) == (201, "2")
    anonymous = crm.browser()("POST", "/api/tables/inbox/records", {"title": "x"}, headers=KEY)
    assert (anonymous.status, REPLAYED in anonymous.headers) == (201, False)
    again = crm.browser()("POST", "/api/tables/inbox/records", {"title": "x"}, headers=KEY)
    assert (again.body, again.headers[REPLAYED]) == (anonymous.body, "true")


def test_neither_address_nor_key_can_be_read_from_what_is_stored(crm: Site) -> None:
    crm.browser()("POST", "/api/tables/inbox/records", {"title": "x"}, headers={"idempotency-key": "my-own-key"})
    ((identifier, user_id, fingerprint),) = crm.sql("SELECT id, user_id, fingerprint FROM _idempotency")
    assert user_id is None
    assert len(identifier) == len(fingerprint) == 64
    assert int(identifier, 16) != int(fingerprint, 16)


def test_the_keys_of_somebody_who_is_erased_go_with_them(crm: Site) -> None:
    admin, ada, eve = crm.admin(), crm.browser(), crm.browser()
    for browser, email in ((ada, "ada@example.com"), (eve, "eve@example.com")):
        browser.sign_up(email)
        browser("POST", NOTES, {"title": email}, headers=KEY)
    (gone,) = crm.sql("SELECT id FROM \"user\" WHERE email = 'ada@example.com'")
    assert admin.post("/admin/remove-user", userId=gone[0]).status == 200
    owners = crm.sql('SELECT email FROM _idempotency LEFT JOIN "user" ON "user".id = user_id')
    assert owners == [("eve@example.com",)]


# The same request -----------------------------------------------------------------------------------------------------


def test_a_request_that_is_sent_again_gets_the_stored_answer_and_writes_nothing(api: Client) -> None:
    first = api("POST", PEOPLE, ADA, headers=KEY)
    assert (first.status, REPLAYED in first.headers) == (201, False)
    for _ in range(2):
        assert_replayed(first, api("POST", PEOPLE, ADA, headers=KEY))
    api("PATCH", first.headers["location"], {"name": "Countess"})
    assert_replayed(first, api("POST", PEOPLE, ADA, headers=KEY))  # as it was answered then
    assert count(api) == 1
    api("DELETE", first.headers["location"])
    assert_replayed(first, api("POST", PEOPLE, ADA, headers=KEY))
    assert count(api) == 0


@pytest.mark.parametrize(
    "raw",
    [
        b'{"email":"ada@example.com",  "name":"Ada","height":1.50,"age":36}',
        b'{"name":"\\u0041da","email":"ada@example.com","height":15e-1,"age":36.0}',
    ],
)
def test_the_way_in_which_the_json_is_written_does_not_matter(api: Client, raw: bytes) -> None:
    first = api("POST", PEOPLE, {**ADA, "height": 1.5, "age": 36}, headers=KEY)
    assert first.status == 201
    assert_replayed(first, api("POST", PEOPLE, raw=raw, headers=KEY))


def test_eight_requests_at_once_make_one_record(api: Client) -> None:
    answers = api.together(*[("POST", PEOPLE, ADA)] * 8, headers=KEY)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert sorted(REPLAYED in answer.headers for answer in answers) == [False] + [True] * 7
    assert count(api) == 1


def test_an_answer_of_any_size_and_with_any_text_is_kept(api: Client) -> None:
    body = {"name": "é\U0001f600", "notes": "line\nline\r\n\t" + "ü" * 200_000}
    first = api("POST", PEOPLE, body, headers=KEY)
    assert_replayed(first, api("POST", PEOPLE, body, headers=KEY))


def test_numbers_that_no_double_holds_are_told_apart(api: Client) -> None:
    for number, status in ((b"1" * 400, 400), (b"0.1000000000000000001", 400)):
        assert api("POST", PEOPLE, raw=b'{"name": "Ada", "age": %b}' % number, headers=KEY).status == status
    assert api("POST", PEOPLE, {"name": "Ada"}, headers=KEY).status == 201
    assert api("POST", PEOPLE, raw=b'{"name": "Ada", "age": 12345678901234567890123}', headers=KEY).status == 422


# Another request ------------------------------------------------------------------------------------------------------


def test_a_key_that_was_sent_with_another_request_is_refused(api: Client) -> None:
    api("POST", PEOPLE, ADA, headers=KEY)
    for path, body in (
        (PEOPLE, {**ADA, "age": 3}),
        (PEOPLE, {"fields": ADA}),
        (PEOPLE, {**ADA, "name": None}),
        ("/api/tables/1/records", ADA),
        ("/api/tables/places/records", {"id": "rome"}),
    ):
        refused = api("POST", path, body, headers=KEY)
        assert (refused.status, refused.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH"), (path, body)
        assert "etag" not in refused.headers
    assert count(api) == 1


def test_names_are_judged_before_the_key_and_values_after_it(api: Client) -> None:
    api("POST", PEOPLE, ADA, headers=KEY)
    assert api("POST", PEOPLE, {**ADA, "shoe": 1}, headers=KEY).codes == {"fields.shoe": "unknown_field"}
    assert api("POST", f"{PEOPLE}?x=1", ADA, headers=KEY).codes == {"x": "unknown_parameter"}
    assert api("POST", PEOPLE, raw=b"{", headers=KEY).json()["code"] == "BAD_REQUEST"
    assert api("POST", "/api/tables/none/records", ADA, headers=KEY).status == 404
    for body in ({"name": "x" * 99}, {}, {"name": "Eve", "email": "ada@example.com"}, {"name": "Eve", "home": "none"}):
        assert api("POST", PEOPLE, body, headers=KEY).status == 422


@pytest.mark.parametrize(
    ("key", "code"), [("", "too_short"), ("a" * 256, "too_long"), ("é", "invalid_value"), ("a\tb", "invalid_value")]
)
def test_a_key_is_printable_ascii_of_one_to_255_characters(api: Client, key: str, code: str) -> None:
    refused = api("POST", PEOPLE, ADA, headers={"idempotency-key": key})
    assert (refused.status, refused.codes) == (400, {"Idempotency-Key": code})
    for fine in ("a" * 255, ' !"#~', "0"):
        assert api("POST", PEOPLE, {"name": "Eve"}, headers={"idempotency-key": fine}).status == 201


# Failures, time and faults --------------------------------------------------------------------------------------------


def test_the_key_of_a_request_that_failed_is_free(api: Client) -> None:
    api("POST", PEOPLE, {**ADA, "name": "First"})
    assert api("POST", PEOPLE, {"name": "x" * 99}, headers=KEY).status == 400
    assert api("POST", PEOPLE, ADA, headers=KEY).codes == {"fields.email": "not_unique"}
    made = api("POST", PEOPLE, {"name": "Ada"}, headers=KEY)
    assert (made.status, REPLAYED in made.headers) == (201, False)
    assert_replayed(made, api("POST", PEOPLE, {"name": "Ada"}, headers=KEY))


def test_a_key_is_free_again_after_a_day(crm: Site) -> None:
    member = crm.browser()
    member.sign_up()
    member("POST", NOTES, {"title": "x"}, headers=KEY)
    crm.clock.pass_by(hours=23, minutes=59)
    assert REPLAYED in member("POST", NOTES, {"title": "x"}, headers=KEY).headers
    crm.clock.pass_by(minutes=1)
    later = member("POST", NOTES, {"title": "other"}, headers=KEY)
    assert (later.status, later.json()["id"], REPLAYED in later.headers) == (201, "2", False)
    assert REPLAYED in member("POST", NOTES, {"title": "other"}, headers=KEY).headers
    crm.clock.pass_by(hours=24)
    answers = member.together(*[("POST", NOTES, {"title": "again"})] * 2)
    assert {answer.status for answer in answers} == {201}


class Faulty:
    """A database whose first write with records is rolled back at its end and run again, as after a deadlock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.faults = 2

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        async def doomed(session: Session) -> Any:
            await work(session)
            raise ConnectionError

        while self.faults:
            self.faults -= 1
            try:
                await self._database.write(doomed)
            except ConnectionError:
                continue
        return await self._database.write(work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def test_a_write_that_the_database_has_run_again_is_done_and_kept_once(database_url: str) -> None:
    with serving(APPLICATION, database_url, watch=Faulty) as api:
        first = api("POST", PEOPLE, ADA, headers=KEY)
        assert (first.status, REPLAYED in first.headers) == (201, False)
        assert_replayed(first, api("POST", PEOPLE, ADA, headers=KEY))
        assert count(api) == 1


def test_a_request_whose_first_is_at_work_elsewhere_waits_for_it_and_is_told_when_its_time_is_over(
    empty_postgresql_url: str, tmp_path: Path
) -> None:
    """The other process is a transaction that has taken the same key, whatever that is stored as."""
    settings = Settings(request_timeout_ms=1500)
    with site(tmp_path, empty_postgresql_url, tables=TABLES, settings=settings) as crm:
        member = crm.browser()
        member.sign_up()
        member("POST", NOTES, {"title": "x"}, headers=KEY)
        ((identifier,),) = crm.sql("SELECT id FROM _idempotency")
        crm.sql("DELETE FROM _idempotency")
        headers = {"origin": "http://localhost:3000", "cookie": member.cookie_header, **KEY}

        async def held(seconds: float, fails: bool) -> Answer:
            async def work(session: Session) -> None:
                claim = Claim(identifier, None, "0" * 64)
                await claim.take(session, "2026-03-01T09:00:00.000Z")
                taken.set()
                await asyncio.sleep(seconds)
                await claim.keep(session, b"")
                if fails:
                    raise ConnectionError

            taken = asyncio.Event()
            first = asyncio.ensure_future(crm.opened["database"].write(work))
            await taken.wait()
            answer = await send(crm, headers)
            await asyncio.gather(first, return_exceptions=True)
            return answer

        late = crm.client.run(held(2.5, True))
        assert (late.status, late.codes) == (409, {"Idempotency-Key": "in_progress"})
        assert crm.client.run(held(0.3, True)).status == 201
        crm.sql("DELETE FROM _idempotency")
        assert crm.client.run(held(0.3, False)).status == 422


async def send(crm: Site, headers: dict[str, str]) -> Answer:
    return await call(crm.client.application, "POST", NOTES, {"title": "y"}, headers=headers)
