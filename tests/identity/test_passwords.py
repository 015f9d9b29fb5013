from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
import unicodedata

import pytest

from tabularium.identity.passwords import PasswordHasher, check_compared, check_new, utf16_length
from tabularium.identity.refusals import AuthRefused
from tabularium.schema.auth_options import PasswordOptions

SALT = "00112233445566778899aabbccddeeff"


def key(password: str, cost: int = 16) -> str:
    text = unicodedata.normalize("NFKC", password).encode()
    return hashlib.scrypt(text, salt=SALT.encode(), n=cost, r=16, p=1, dklen=64, maxmem=67108864).hex()


def is_right(password: str, stored: str | None, cost: int = 16) -> bool:
    async def compare() -> bool:
        hasher = PasswordHasher(cost, 1)
        try:
            return await hasher.is_right(password, stored)
        finally:
            hasher.close()

    return asyncio.run(compare())


def test_the_hash_of_the_specification_is_the_password_s() -> None:
    made = key("correct-horse-1", 16384)
    assert (made[:16], made[-8:]) == ("5550f3da4751a271", "e8637a49")
    assert is_right("correct-horse-1", f"{SALT}:{made}", 16384)
    assert not is_right("correct-horse-2", f"{SALT}:{made}", 16384)


def test_a_new_hash_has_the_form_of_better_auth_and_a_salt_of_its_own() -> None:
    hasher = PasswordHasher(16, 1)
    first, second = (asyncio.run(hasher.hash("pässword")) for _ in range(2))
    assert len(first) == 161
    assert first[32] == ":"
    assert first != second
    assert is_right("pässword", first)
    hasher.close()


def test_letters_that_look_the_same_are_the_same_password() -> None:
    stored = key("e\u0301fi")
    assert is_right("\u00e9\ufb01", f"{SALT}:{stored}")


@pytest.mark.parametrize("stored", [None, "", ":", "x" * 161, SALT, f"{SALT}:{'0' * 127}", f"{SALT}:{'é' * 128}"])
def test_a_hash_that_is_none_fits_no_password(stored: str | None) -> None:
    assert not is_right("correct-horse-1", stored)


def test_length_is_counted_as_javascript_counts() -> None:
    assert utf16_length("a😀") == 3
    check_new("😀😀😀😀", PasswordOptions())
    with pytest.raises(AuthRefused, match="Password too short"):
        check_new("1234567", PasswordOptions())
    with pytest.raises(AuthRefused, match="Password too long"):
        check_new("😀" * 65, PasswordOptions())


def test_what_is_only_compared_may_have_128_signs_whatever_the_application_says() -> None:
    check_compared("x" * 128, PasswordOptions(max_length=20))
    check_compared("x" * 200, PasswordOptions(max_length=200))
    with pytest.raises(AuthRefused):
        check_compared("x" * 129, PasswordOptions(max_length=20))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_hashing_gives_way_to_everything_else() -> None:
    hasher = PasswordHasher(16, 1)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    asyncio.run(hasher.hash("correct-horse-1"))
    priorities = [os.getpriority(os.PRIO_PROCESS, each.native_id or 0) for each in threading.enumerate()]
    hasher.close()
    assert min(own + 10, 19) in priorities
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
