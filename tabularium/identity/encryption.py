"""Encryption of what must be readable again: second-factor secrets, backup codes, tokens of identity providers.

What is written has the form `tb1:<key id>:<content>`:

- The key: HKDF-SHA-256 (RFC 5869) of the secret's UTF-8 bytes, without salt, 32 bytes, with the info
  `tabularium/encryption/tb1/<purpose>` in UTF-8. Each purpose has a key of its own.
- The key id: the first 8 hexadecimal digits, in lower case, of the key's SHA-256. It tells with which secret to read.
- The content: base64url without padding of a random nonce of 12 bytes, then AES-256-GCM's ciphertext, then its tag of
  16 bytes. The associated data are the compact JSON array `["<table>","<column>","<user id>"]`, written in ASCII, so
  that a value opens only in its own column of its own user.

What an adopted database holds is hexadecimal, sometimes after `$ba$<number>$`: a nonce of 24 bytes, then the ciphertext
and tag of XChaCha20-Poly1305, without associated data, under the SHA-256 of the secret. It is read and never written.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tabularium.identity import xchacha
from tabularium.identity.secrets import base64url

_PREFIX: Final = "tb1:"
_LABEL: Final = "tabularium/encryption/tb1/"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_ID_DIGITS: Final = 8

_OWN = re.compile(r"tb1:(?P<key_id>[0-9a-f]{8}):(?P<content>[A-Za-z0-9_-]+)")
_ADOPTED_PREFIX = re.compile(r"\$ba\$[0-9]+\$")
_LEAST_ADOPTED: Final = xchacha.NONCE_BYTES + xchacha.TAG_BYTES
_ADOPTED = re.compile(rf"(?:\$ba\$[0-9]+\$)?(?P<digits>(?:[0-9A-Fa-f]{{2}}){{{_LEAST_ADOPTED},}})")


class Vault:
    """Encrypts and decrypts with the secrets of the server: the first encrypts, all of them decrypt."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise ValueError("A vault needs a secret.")
        self._secrets = tuple(secret.encode() for secret in secrets)

    def encrypt(self, text: str, purpose: str, table: str, column: str, user_id: str) -> str:
        """Encrypt a text for one column of one user. The same text never gives the same result twice."""
        key, nonce = _key(self._secrets[0], purpose), os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, text.encode(), _associated(table, column, user_id))
        return f"{_PREFIX}{_key_id(key)}:{base64url(nonce + sealed)}"

    def is_newest(self, stored: str, purpose: str) -> bool:
        """Say whether a value is as `encrypt` would write it now: in our form, under the first secret."""
        return stored.startswith(f"{_PREFIX}{_key_id(_key(self._secrets[0], purpose))}:")

    def decrypt(self, stored: str, purpose: str, table: str, column: str, user_id: str) -> str | None:
        """Return the text, or `None` where no secret opens it: it was changed, moved, or is of neither form."""
        if stored.startswith(_PREFIX):
            return self._decrypt_own(stored, purpose, _associated(table, column, user_id))
        return self._decrypt_adopted(stored)

    def decrypt_token(self, stored: str, purpose: str, table: str, column: str, user_id: str) -> str | None:
        """Return the token of an identity provider, which an adopted database may also hold as plain text.

        What has neither form is such a text. What has one and cannot be opened is `None`: it is handed to nobody.
        """
        if stored.startswith(_PREFIX) or _ADOPTED_PREFIX.match(stored) or _ADOPTED.fullmatch(stored):
            return self.decrypt(stored, purpose, table, column, user_id)
        return stored

    def _decrypt_own(self, stored: str, purpose: str, associated: bytes) -> str | None:
        form = _OWN.fullmatch(stored)
        content = _decoded(form["content"]) if form else None
        if form is None or content is None:
            return None
        for secret in self._secrets:
            key = _key(secret, purpose)
            if _key_id(key) != form["key_id"]:
                continue
            try:
                return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], associated).decode()
            except (InvalidTag, UnicodeDecodeError):
                continue
        return None

    def _decrypt_adopted(self, stored: str) -> str | None:
        form = _ADOPTED.fullmatch(stored)
        if form is None:
            return None
        content = bytes.fromhex(form["digits"])
        nonce, sealed = content[: xchacha.NONCE_BYTES], content[xchacha.NONCE_BYTES :]
        for secret in self._secrets:
            try:
                return xchacha.open_sealed(hashlib.sha256(secret).digest(), nonce, sealed).decode()
            except (InvalidTag, UnicodeDecodeError):
                continue
        return None


def _key(secret: bytes, purpose: str) -> bytes:
    info = f"{_LABEL}{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:_KEY_ID_DIGITS]


def _associated(table: str, column: str, user_id: str) -> bytes:
    return json.dumps([table, column, user_id], separators=(",", ":")).encode("ascii")


def _decoded(text: str) -> bytes | None:
    """Read base64url, or return `None` for what is none, has bits left over, or is too short for nonce and tag."""
    if len(text) % 4 == 1:
        return None
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The last character may hold bits that belong to no byte: only one of several spellings is ours.
    if len(content) < _NONCE_BYTES + _TAG_BYTES or base64url(content) != text:
        return None
    return content
