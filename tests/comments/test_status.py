"""Which status a comment gets: administrators, blocked words, links, moderation, in this order; and who sees it then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabularium.comments.spam import count_links, holds_word
from tests.comments.conftest import AUTH, Crm, table
from tests.support.auth import site

STRICT = {"maxLinksBeforeModeration": 1, "blockedWords": ["casino", "Buy now"]}


def tables(**comments: Any) -> list[dict[str, Any]]:
    return [table(1, "posts", permissions={"read": "all"}, comments={"guestComments": True, **comments})]


def statuses(folder: Path, url: str, comments: dict[str, Any], act: Callable[[Crm, str], list[str]]) -> list[str]:
    with site(folder, url, AUTH, tables=tables(**comments)) as opened:
        crm = Crm(opened)
        return act(crm, crm.thread("posts"))


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ({}, ("approved", "approved", "approved")),
        ({"moderation": "auto"}, ("approved", "approved", "approved")),
        ({"moderation": False}, ("approved", "approved", "approved")),
        ({"moderation": "manual"}, ("pending", "pending", "approved")),
        ({"moderation": True}, ("pending", "pending", "approved")),
        ({"moderation": True, "autoApprove": {"authenticated": True}}, ("pending", "approved", "approved")),
        ({"autoApprove": {"authenticated": True}}, ("approved", "approved", "approved")),
    ],
)
def test_moderation_decides_for_guests_accounts_and_administrators(
    tmp_path: Path, comments: dict[str, Any], expected: tuple[str, ...]
) -> None:
    def act(crm: Crm, thread: str) -> list[str]:
        return [person.says(thread)["status"] for person in (crm.guest, crm.ada, crm.root)]

    assert tuple(statuses(tmp_path, f"sqlite:{tmp_path / 't.db'}", comments, act)) == expected


def test_a_comment_that_was_approved_anywhere_opens_the_whole_application(tmp_path: Path, database_url: str) -> None:
    moderated = {"moderation": "manual", "autoApprove": {"previouslyApproved": True}}
    both = [*tables(**moderated), table(2, "notes")]
    with site(tmp_path, database_url, AUTH, tables=both) as opened:
        crm = Crm(opened)
        posts, notes = crm.thread("posts"), crm.thread("notes")
        assert crm.ada.says(posts)["status"] == "pending"
        place = f"{notes}/{crm.ada.says(notes)['id']}"
        assert crm.ada.says(posts)["status"] == "approved"
        assert crm.grace.says(posts)["status"] == "pending"
        assert crm.guest.says(posts)["status"] == "pending"
        crm.ada("DELETE", place)
        crm.root("PATCH", f"{posts}/{crm.grace.says(posts)['id']}", {"status": "approved"})
        assert [crm.ada.says(posts)["status"], crm.grace.says(posts)["status"]] == ["approved", "approved"]


@pytest.mark.parametrize(
    ("text", "guest", "account"),
    [
        ("none", "approved", "approved"),
        ("http://a www.b", "approved", "approved"),
        ("http://a HTTPS://b Www.c", "pending", "approved"),
    ],
)
def test_without_a_number_in_the_file_links_hold_back_guests_alone(
    crm: Crm, text: str, guest: str, account: str
) -> None:
    thread = crm.thread("posts")
    found = [person.says(thread, text)["status"] for person in (crm.guest, crm.ada, crm.root)]
    assert found == [guest, account, "approved"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a", "approved"),
        ("http://a http://b", "pending"),
        ("a CASINO", "rejected"),
        ("casino http://a http://b", "rejected"),
        ("BUY  \n NOW!", "rejected"),
        ("casinos buy nowhere", "approved"),
    ],
)
def test_what_the_file_says_of_links_and_words_binds_everybody_but_administrators(
    tmp_path: Path, text: str, expected: str
) -> None:
    def act(crm: Crm, thread: str) -> list[str]:
        return [person.says(thread, text)["status"] for person in (crm.guest, crm.ada, crm.root)]

    found = statuses(tmp_path, f"sqlite:{tmp_path / 't.db'}", {"spamProtection": STRICT}, act)
    assert found == [expected, expected, "approved"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("http://www.a.ch", 1),
        ("https://a,http://b", 2),
        ("www.a www.b", 2),
        ("awww.cute", 0),
        ("(www.a)", 1),
        ("HTTP://A", 1),
        ("http: //a", 0),
    ],
)
def test_links_are_counted(text: str, number: int) -> None:
    assert count_links(text) == number


@pytest.mark.parametrize(
    ("text", "word", "is_held"),
    [
        ("spam", "spam", True),
        ("SPAM!", "spam", True),
        ("(Spam)", "sPAM", True),
        ("spammer", "spam", False),
        ("spam_x", "spam", False),
        ("spam1", "spam", False),
        ("notspam, spam", "spam", True),
        ("Straße", "STRASSE", True),
        ("STRASSE", "straße", True),
        ("ﬁne", "FINE", True),
        ("cafe\u0301", "café", True),
        ("CAFÉ", "cafe\u0301", True),
        ("cafés", "café", False),
        ("हिन्दी", "हिन्द", False),
        ("buy\u00a0now", "buy now", True),
        ("buy, now", "buy now", False),
        ("a $$$ b", "$$$", True),
        ("$$$$", "$$$", True),
        ("a.b", "a", True),
        ("ΣΊΣΥΦΟΣ", "σίσυφος", True),
        ("s\u200bp\u00ada\u2060m", "spam", True),
        ("sp\ufe0fa\u034fm", "spam", True),
        ("spam", "sp\u200bam", True),
        ("\u200bspam\u200b", "spam", True),
    ],
)
def test_words_are_found_whole_whatever_the_case_of_their_letters(text: str, word: str, is_held: bool) -> None:
    assert holds_word(text, ("other", word)) is is_held


def test_a_comment_that_waits_is_seen_by_its_author_and_administrators(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    comment = crm.ada.says(thread, "waiting")
    place = f"{thread}/{comment['id']}"
    for person in (crm.grace, crm.guest):
        assert person.sees(thread) == []
        assert person.sees(thread, status="pending") == []
        assert person("GET", place).status == 404
        assert person("GET", thread).json()["pagination"]["totalPages"] == 0
    for person in (crm.ada, crm.root):
        assert person.sees(thread) == ["waiting"]
        assert person.sees(thread, status="pending") == ["waiting"]
        assert person.sees(thread, status="approved") == []
        assert person("GET", place).json()["status"] == "pending"
    assert crm.grace("PATCH", place, {"content": "x"}).status == 404
    assert crm.grace("DELETE", place).status == 404
    crm.root("PATCH", place, {"status": "approved"})
    assert crm.grace.sees(thread) == crm.guest.sees(thread) == ["waiting"]


def test_what_a_guest_sees_of_what_they_wrote_is_what_everybody_sees(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    answer = crm.guest("POST", thread, {"content": "mine"})
    assert answer.json()["comment"]["status"] == "pending"
    assert crm.guest("GET", answer.headers["location"]).status == 404
    assert crm.guest.sees(thread) == []
