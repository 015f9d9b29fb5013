from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.client_address import ClientAddress

PEER = "198.51.100.7"


def scope(*forwarded: bytes, client: tuple[str, int] | None = (PEER, 5000)) -> dict[str, Any]:
    headers = [(b"host", b"example.com"), *((b"x-forwarded-for", value) for value in forwarded)]
    return {"type": "http", "client": client, "headers": headers}


def test_without_proxies_it_is_the_sockets_whatever_the_headers_say() -> None:
    assert ClientAddress(0).of(scope(b"203.0.113.1")) == PEER


@pytest.mark.parametrize("hops", [0, 1])
def test_a_socket_without_an_address_gives_none(hops: int) -> None:
    assert ClientAddress(hops).of(scope(client=None)) == ""
    assert ClientAddress(hops).of({"headers": []}) == ""
    assert ClientAddress.key_of("") == ""


def test_a_proxy_at_a_unix_socket_may_say_who_the_client_is() -> None:
    assert ClientAddress(1).of(scope(b"203.0.113.1", client=None)) == "203.0.113.1"


@pytest.mark.parametrize(
    ("hops", "forwarded", "found"),
    [
        (1, [b"203.0.113.1"], "203.0.113.1"),
        (1, [b"6.6.6.6, 203.0.113.1"], "203.0.113.1"),
        (2, [b"6.6.6.6, 203.0.113.1,10.0.0.1"], "203.0.113.1"),
        (2, [b"6.6.6.6", b"203.0.113.1", b"10.0.0.1"], "203.0.113.1"),
        (2, [b"6.6.6.6, 203.0.113.1", b"10.0.0.1"], "203.0.113.1"),
        (3, [b"203.0.113.1", b"10.0.0.1, 10.0.0.2"], "203.0.113.1"),
    ],
)
def test_it_is_the_nth_value_from_the_right_of_all_headers(hops: int, forwarded: list[bytes], found: str) -> None:
    assert ClientAddress(hops).of(scope(*forwarded)) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"203.0.113.1:8080", "203.0.113.1"),
        (b"[2001:db8::1]:8080", "2001:db8::1"),
        (b"[2001:db8::1]", "2001:db8::1"),
        (b" \t2001:0DB8:0::0001 ", "2001:db8::1"),
        (b"::ffff:203.0.113.1", "203.0.113.1"),
        (b"[::ffff:cb00:7101]:80", "203.0.113.1"),
    ],
)
def test_every_way_to_write_an_address_is_read(value: bytes, found: str) -> None:
    assert ClientAddress(1).of(scope(value)) == found


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"unknown",
        b"_hidden",
        b"203.0.113",
        b"203.0.113.256",
        b"0203.0.113.1",
        b"203.0.113.1:",
        b"203.0.113.1:http",
        b"[203.0.113.1]",
        b"[2001:db8::1",
        b"2001:db8::1]",
        b"[2001:db8::1]x",
        b"[2001:db8::1]:",
        b"[]",
        b'"[2001:db8::1]:80"',
        b"for=203.0.113.1",
        b"fe80::1%eth0",
        b"::1%\r\nx: y",
        b"\x00",
        b"203.0.113.1\x00",
        b"::1\x00",
        b"\xb2\xff",
        b"1" * 100_000,
        b":" * 100_000,
    ],
)
def test_what_is_no_address_gives_the_sockets(value: bytes) -> None:
    assert ClientAddress(1).of(scope(value)) == PEER
    assert ClientAddress(1).of(scope(b"203.0.113.1," + value)) == PEER


@pytest.mark.parametrize("forwarded", [[], [b"203.0.113.1"], [b"203.0.113.1, 10.0.0.1"]])
def test_fewer_values_than_proxies_give_the_sockets(forwarded: list[bytes]) -> None:
    assert ClientAddress(3).of(scope(*forwarded)) == PEER


def test_an_empty_value_counts_so_that_nobody_can_shift_the_others() -> None:
    assert ClientAddress(2).of(scope(b"6.6.6.6,,10.0.0.1")) == PEER


@given(st.integers(0, 4), st.lists(st.binary(max_size=40), max_size=4))
def test_no_header_raises(hops: int, forwarded: list[bytes]) -> None:
    address = ClientAddress(hops).of(scope(*forwarded))
    assert ClientAddress.key_of(address)


@pytest.mark.parametrize("hops", [0, 1])
def test_an_ipv4_client_of_a_socket_for_both_has_its_ipv4_address(hops: int) -> None:
    assert ClientAddress(hops).of(scope(client=("::ffff:203.0.113.1", 80))) == "203.0.113.1"
    assert ClientAddress(hops).of(scope(client=("2001:db8::1", 80))) == "2001:db8::1"
    assert ClientAddress(hops).of(scope(client=("fe80::1%eth0", 80))) == "fe80::1%eth0"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:/a", "unix:/a"),
        ("::\x00", "::\x00"),
    ],
)
def test_a_key_cuts_ipv6_to_its_64(address: str, key: str) -> None:
    assert ClientAddress.key_of(address) == key
