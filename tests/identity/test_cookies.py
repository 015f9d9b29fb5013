from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.identity.cookies import CookieJar, percent_encoded, read_signed, signed
from tabularium.identity.secrets import Secrets

SECRET = "0123456789abcdef0123456789abcdef"
SECRETS = Secrets([SECRET])
VECTOR = "token.i%2FdxBmYN9uhR6QZC%2Bkae9qgkMgryWmzF%2FusO1yO6rS0%3D"


def test_a_signed_value_is_that_of_the_specification_byte_for_byte() -> None:
    assert percent_encoded(signed("token", SECRETS)) == VECTOR


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "token",
        VECTOR.replace("i%2F", "j%2F"),
        VECTOR.removesuffix("%3D"),
        VECTOR.replace("token", "tokem"),
        "token." + "=" * 44,
        "token.%FF" + "a" * 43 + "=",
        "token." + "é" * 43 + "=",
    ],
)
def test_a_cookie_with_anything_wrong_is_absent(sent: str | None) -> None:
    assert read_signed(sent, SECRETS) is None


@given(st.text())
def test_what_is_signed_can_be_read(value: str) -> None:
    encodable = value.encode("utf-8", "ignore").decode()
    assert read_signed(percent_encoded(signed(encodable, SECRETS)), SECRETS) == encodable


@given(st.text())
def test_text_is_encoded_as_javascript_does(text: str) -> None:
    encodable = text.encode("utf-8", "ignore").decode()
    assert percent_encoded(encodable) == quote(encodable, safe="-_.!~*'()")


def test_a_new_secret_signs_and_the_former_one_still_verifies() -> None:
    other = "f" * 32
    rotated = Secrets([other, SECRET])
    assert read_signed(VECTOR, rotated) == "token"
    assert signed("token", rotated) == signed("token", Secrets([other])) != signed("token", SECRETS)
    assert read_signed(VECTOR, Secrets([other])) is None


def test_attributes_stand_in_their_order_and_a_secure_site_says_so() -> None:
    jar = CookieJar({}, SECRETS, secure=False)
    jar.set("session_token", "token", 604800)
    assert jar.lines() == [f"better-auth.session_token={VECTOR}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"]
    jar = CookieJar({}, SECRETS, secure=True)
    jar.set("dont_remember", "token", None)
    assert jar.lines() == [f"__Secure-better-auth.dont_remember={VECTOR}; Path=/; HttpOnly; Secure; SameSite=Lax"]


def test_a_cookie_that_is_set_and_then_cleared_is_sent_as_cleared_only() -> None:
    jar = CookieJar({}, SECRETS, secure=False)
    jar.set("session_token", "token", 60)
    assert jar.token == signed("token", SECRETS)
    jar.clear("session_token")
    assert jar.lines() == ["better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]
    assert jar.token is None


def test_long_data_is_cut_into_parts_and_cleared_in_all_of_them() -> None:
    jar = CookieJar({"better-auth.session_data.2": "old"}, SECRETS, secure=False)
    jar.set_data("x" * 4051, 300)
    names = [line.partition("=")[0] for line in jar.lines()]
    assert names == [f"better-auth.session_data.{number}" for number in (2, 0, 1)]
    assert "Max-Age=0" in jar.lines()[0]
    jar.clear("session_data")
    cleared = {line.partition("=")[0] for line in jar.lines() if "Max-Age=0" in line}
    assert cleared == {"better-auth.session_data", *(f"better-auth.session_data.{number}" for number in range(3))}


def test_of_former_data_nothing_stays_that_is_not_replaced() -> None:
    sent = dict.fromkeys(("better-auth.session_data.0", "better-auth.session_data.1"), "old")
    jar = CookieJar(sent, SECRETS, secure=False)
    jar.set_data("new", 60)
    values = [line.split("; ")[:2] for line in jar.lines()]
    assert sorted(values) == [
        ["better-auth.session_data.0=", "Max-Age=0"],
        ["better-auth.session_data.1=", "Max-Age=0"],
        ["better-auth.session_data=new", "Max-Age=60"],
    ]


def test_data_that_would_fill_the_headers_of_every_request_is_left_out() -> None:
    jar = CookieJar({"better-auth.session_data": "old"}, SECRETS, secure=False)
    jar.set_data("x" * 100_000, 60)
    assert [line.split("; ")[:2] for line in jar.lines()] == [["better-auth.session_data=", "Max-Age=0"]]


def test_what_a_transaction_set_can_be_forgotten() -> None:
    jar = CookieJar({}, SECRETS, secure=False)
    jar.set("state", "kept", 300)
    mark = jar.mark()
    jar.set("session_token", "token", 60)
    jar.rewind(mark)
    assert [line.partition("=")[0] for line in jar.lines()] == ["better-auth.state"]
    assert jar.token is None
