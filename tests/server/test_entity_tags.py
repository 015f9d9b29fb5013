from __future__ import annotations

import time

import pytest

from handlers.reply import Reply
from server.entity_tags import is_known, read_expected, record_tag, tagged
from tabularium.errors import PreconditionFailed
from tests.support.server import Serve, document, module_of

RECORD = {"id": "42", "revision": 3, "fields": {}}
UUID = "0198c2a4-5b1e-7c3d-9f00-2b6d1e4a7c55"
HASH = "0123456789abcdef"
NO_TAGS = (
    "",
    " ",
    ",",
    "42-3",
    "'42-3'",
    '"42-3',
    '42-3"',
    '"42-3" x',
    'x, "42-3"',
    '"42-3""42-4"',
    "**",
    '*, "42-3"',
    '"42 3"',
    '"\x7f"',
)


def test_a_tag_names_id_and_revision_and_hashes_the_content() -> None:
    tag = record_tag(RECORD, b"{}")
    assert tag.startswith('"42-3-')
    assert tag.endswith('"')
    assert tag == record_tag(RECORD, b"{}") != record_tag(RECORD, b"{ }")


def test_an_id_of_any_characters_is_written_and_read_back() -> None:
    for record_id in ("a b", "ü", 'x"y', "a,b", "50%", "a-3", "-", UUID, "a.b~c_d", "1-2-0123456789abcdef"):
        tag = record_tag({"id": record_id, "revision": 12}, b"{}")
        assert tag.isascii()
        assert read_expected(tag).revisions == {(record_id, 12)}, tag


def test_the_tag_of_an_enveloped_record_is_that_of_the_record() -> None:
    alone = tagged(RECORD, "body")
    enveloped = tagged(Reply({"success": True, "record": RECORD}, headers={"X-A": "1"}), "record")
    assert enveloped.headers == {"X-A": "1", "ETag": alone.headers["ETag"]}


@pytest.mark.parametrize(
    "sent", ['"42-3"', f'"42-3-{HASH}"', f' "7-1" ,\t"42-3-{HASH}",', ',,"42-3"', 'W/"42-9", "42-3"']
)
def test_if_match_reads_tags_with_and_without_a_hash_and_lists(sent: str) -> None:
    expected = read_expected(sent)
    assert expected.admits("42", 3)
    assert not expected.admits("42", 4)
    assert not expected.admits("4", 3)


def test_a_star_admits_every_record() -> None:
    assert read_expected(" * ").admits("any", 7)


@pytest.mark.parametrize(
    "sent", [*NO_TAGS, 'W/"42-3"', '"42-03"', '"42-3-0"', f'"42-3-{HASH.upper()}"', '"-3"', '"42-99999999999999999"']
)
def test_what_is_no_strong_tag_of_a_record_admits_none(sent: str) -> None:
    assert not read_expected(sent).admits("42", 3)


@pytest.mark.parametrize("sent", ['"a"', 'W/"a"', '"b", "a"', 'W/"b",W/"a" ', '"b,c", "a"', "*"])
def test_if_none_match_knows_a_tag_weak_or_not(sent: str) -> None:
    assert is_known(sent, '"a"')


@pytest.mark.parametrize("sent", [*NO_TAGS, '"A"', '"a-gzip"', "a", '"b"'])
def test_if_none_match_knows_no_other_tag(sent: str) -> None:
    assert not is_known(sent, '"a"')


def test_a_long_header_is_read_in_no_time() -> None:
    began = time.perf_counter()
    for sent in (
        " " * 60_000 + "x",
        '"a",' * 15_000,
        '"' * 60_000,
        f'"{"-1" * 30_000}"',
        f'"{"1-" * 30_000}"',
        "," * 60_000,
    ):
        is_known(sent, '"b"')
        read_expected(sent)
    assert time.perf_counter() - began < 2


def test_a_refusal_that_may_not_tell_the_record_has_no_tag(serve: Serve) -> None:
    async def operate() -> None:
        raise PreconditionFailed

    answer = serve(document({"/a": {"get": {}}}), module_of(operate=operate))("GET", "/a")
    assert (answer.status, answer.json()["code"]) == (412, "PRECONDITION_FAILED")
    assert "etag" not in answer.headers
