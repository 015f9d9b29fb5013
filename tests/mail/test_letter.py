from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.mail.letter import Encoding, Letter, Unmailable, compose, domain_of
from tabularium.mail.templates import Rendered
from tests.mail.post_office import content_of, read_mail

MOMENT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def letter(subject: str = "S", text: str = "T\n", html: str | None = None, **changes: Any) -> Letter:
    values = {
        "to": "ann@example.org",
        "sender": "desk@example.org",
        "sender_name": "Desk",
        "encoding": "7bit",
        **changes,
    }
    return compose("verification", Rendered(subject, text, html), moment=MOMENT, **values)


def test_a_mail_has_its_headers() -> None:
    mail = read_mail(letter(sender_name='Dësk, "the" <one>').content)
    assert mail["From"].addresses[0].addr_spec == "desk@example.org"
    assert mail["From"].addresses[0].display_name == 'Dësk, "the" <one>'
    assert mail["To"] == "ann@example.org"
    assert mail["Date"].datetime == MOMENT
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", mail["Message-ID"])
    assert mail["Auto-Submitted"] == "auto-generated"


def test_text_and_html_are_alternatives_and_text_alone_is_one_part() -> None:
    both = read_mail(letter(text="Grüße\n", html="<p>Grüße</p>\n").content)
    assert [each.get_content_type() for each in both.iter_parts()] == ["text/plain", "text/html"]
    assert [content_of(each) for each in both.iter_parts()] == ["Grüße\n", "<p>Grüße</p>\n"]
    alone = read_mail(letter(text="Grüße\n").content)
    assert (alone.get_content_type(), content_of(alone)) == ("text/plain", "Grüße\n")


def test_no_two_mails_have_one_id() -> None:
    assert read_mail(letter().content)["Message-ID"] != read_mail(letter().content)["Message-ID"]


@pytest.mark.parametrize("encoding", ["7bit", "8bit"])
def test_a_long_link_stays_on_one_line(encoding: Encoding) -> None:
    link = "https://x.example/?token=" + "a" * 500
    assert f"\r\n{link}\r\n".encode() in letter(text=f"Open:\n{link}\n", encoding=encoding).content


def test_only_a_mail_in_a_file_holds_bytes_beyond_ascii() -> None:
    assert letter(subject="Grüße", text="Grüße, 東京\n", html="<p>ü</p>").content.isascii()
    assert "Grüße, 東京".encode() in letter(text="Grüße, 東京\n", encoding="8bit").content


def test_a_line_too_long_for_mail_is_broken_and_read_whole() -> None:
    content = letter(text="ä" * 3000 + "\n").content
    assert max(len(line) for line in content.split(b"\r\n")) < 998
    assert content_of(read_mail(content)) == "ä" * 3000 + "\n"


HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding"]

TYPED = st.text(st.characters(codec="utf-8"), max_size=60)
HOSTILE = st.lists(
    st.sampled_from(
        [
            "\r\nBcc: x@example.org",
            "\r\n\r\n",
            "\r",
            " ",
            "a" * 90,
            "=?utf-8?q?a=0D=0AX:_b?=",
            "=?",
            "?=",
            '"',
            "\\",
            "<",
            ">",
            "é",
        ]
    ),
    max_size=8,
).map("".join)


@given(TYPED | HOSTILE, TYPED | HOSTILE)
def test_nothing_is_slipped_into_the_headers(subject: str, name: str) -> None:
    content = letter(subject=subject, sender_name=name).content
    # Not the library's newer parser, which breaks lines at what encoded words hide.
    mail = message_from_bytes(content, policy=policy.compat32)
    assert [each for each in mail.keys() if each != "MIME-Version"] == HEADERS  # noqa: SIM118  # a mail may repeat a key
    assert mail["To"] == "ann@example.org"
    assert content.endswith(b"\r\n\r\nT\r\n")
    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) < 998 and b"\r" not in line and b"\n" not in line and line.strip() for line in head)


@pytest.mark.parametrize(
    "text",
    [
        "Hi",
        'the "one" <a@b.example>, \\ him',
        "=?utf-8?q?a=0D=0ABcc:_x?=",
        "Grüße, 東京",
        "wörd " * 40 + "end",
        "plain " * 100 + "end",
        "x" * 2000,
    ],
)
def test_texts_in_headers_are_read_as_they_were_written(text: str) -> None:
    mail = message_from_bytes(letter(subject=text, sender_name=text).content, policy=policy.compat32)
    assert str(make_header(decode_header(mail["Subject"].replace("\r\n", "")))) == text
    name, address = parseaddr(mail["From"].replace("\r\n", ""))
    assert (str(make_header(decode_header(name))), address) == (text, "desk@example.org")


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org\r\nBcc: x@example.org",
        "ann@example.org\n",
        "ann@example.org, x@example.org",
        "Ann <ann@example.org>",
        "ann@example.org> SIZE=1",
        '"a b"@example.org',
        "ann",
        "@example.org",
        "ann@",
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "änn@example.org",
        "ann@-example.org",
        "ann@exa mple.org",
        "a@" + "b" * 300 + ".org",
        "",
    ],
)
def test_an_address_that_could_say_more_than_an_address_gets_no_mail(address: str) -> None:
    with pytest.raises(Unmailable) as failure:
        letter(to=address)
    assert not address or address not in str(failure.value)


@pytest.mark.parametrize("address", ["o'neil+tag_1@mail.example.org", "a.b-c@localhost", "A@B.example"])
def test_an_ordinary_address_gets_mail(address: str) -> None:
    assert domain_of(address) == address.partition("@")[2]
    assert read_mail(letter(to=address).content)["To"].addresses[0].addr_spec == address


def test_what_is_printed_of_a_mail_tells_nothing() -> None:
    assert repr(letter()) == "Letter(template='verification')"
