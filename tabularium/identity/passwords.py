"""Passwords: their length, and scrypt as Better Auth stores it, outside of the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tabularium.identity.refusals import AuthRefused
from tabularium.schema.auth_options import PasswordOptions

COST: Final = 16_384
_BLOCK: Final = 16
_KEY_BYTES: Final = 64
_MEMORY: Final = 67_108_864
"""What Python allows by itself is too little for this cost."""
_SALT_DIGITS: Final = 32
_STORED_LENGTH: Final = 161
_LONGEST_COMPARED: Final = 128
_NO_HASH: Final = "0" * _SALT_DIGITS + ":" + "0" * (2 * _KEY_BYTES)
"""Stands for the hash of a user that there is not: comparing takes as long, and nothing fits."""
_NICE: Final = 10
"""How far hashing gives way, of 19."""


class PasswordHasher:
    """Hashes and compares in threads: as many at once as there are cores, so that reads go on meanwhile."""

    def __init__(self, cost: int = COST, workers: int | None = None) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(
            workers or os.cpu_count() or 1, thread_name_prefix="scrypt", initializer=_give_way
        )

    async def hash(self, password: str) -> str:
        """Return what is stored of a password: `salt:key` in hexadecimal digits, 161 characters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, password)

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Say whether this is the password. It takes as long where there is none."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._compare, password, stored)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, password: str) -> str:
        salt = secrets.token_hex(_SALT_DIGITS // 2)
        return f"{salt}:{self._key(password, salt).hex()}"

    def _compare(self, password: str, stored: str | None) -> bool:
        is_well_formed = stored is not None and len(stored) == _STORED_LENGTH and stored[_SALT_DIGITS] == ":"
        salt, _, key = (stored if stored is not None and is_well_formed else _NO_HASH).partition(":")
        is_same = hmac.compare_digest(self._key(password, salt).hex().encode(), key.lower().encode())
        return is_same and is_well_formed

    def _key(self, password: str, salt: str) -> bytes:
        # The salt is the bytes of its text, not those that the digits stand for.
        return hashlib.scrypt(
            unicodedata.normalize("NFKC", password).encode(),
            salt=salt.encode(),
            n=self._cost,
            r=_BLOCK,
            p=1,
            dklen=_KEY_BYTES,
            maxmem=_MEMORY,
        )


def _give_way() -> None:
    """Let the other threads go first where this one wants the same core: who signs in can wait, reads cannot."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def utf16_length(text: str) -> int:
    """Return how long JavaScript says that a text is."""
    return len(text.encode("utf-16-le")) // 2


def check_new(password: str, options: PasswordOptions | None) -> None:
    """Raise unless a new password has the length that the application asks for, and can be typed again."""
    if "\0" in password or any("\ud800" <= sign <= "\udfff" for sign in password):  # from a terminal or a variable
        raise AuthRefused(400, "BAD_REQUEST", "The password is no text in UTF-8")
    allowed = options or PasswordOptions()
    length = utf16_length(password)
    if length < allowed.min_length:
        raise AuthRefused(400, "PASSWORD_TOO_SHORT")
    if length > allowed.max_length:
        raise AuthRefused(400, "PASSWORD_TOO_LONG")


def check_compared(password: str, options: PasswordOptions | None) -> None:
    """Raise where a password that is only compared is so long that none can be it, before it is hashed for nothing."""
    longest = max(options.max_length if options else 0, _LONGEST_COMPARED)
    if utf16_length(password) > longest:
        raise AuthRefused(400, "PASSWORD_TOO_LONG")
