"""XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), for reading what an adopted database holds.

The library has ChaCha20-Poly1305, whose nonce is shorter. HChaCha20 makes a key of the longer nonce's first part.
"""

from __future__ import annotations

import struct
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

NONCE_BYTES: Final = 24
TAG_BYTES: Final = 16

_CONSTANTS: Final = struct.unpack("<4I", b"expand 32-byte k")
_DOUBLE_ROUNDS: Final = 10
_QUARTERS: Final = (
    *((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)),
    *((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)),
)
"""The columns and then the diagonals of the square of sixteen words."""
_WORD: Final = 0xFFFF_FFFF


def open_sealed(key: bytes, nonce: bytes, sealed: bytes, associated: bytes = b"") -> bytes:
    """Decrypt a ciphertext with its tag at the end. Raises `cryptography.exceptions.InvalidTag`.

    `key` has 32 bytes, `nonce` 24.
    """
    subkey = hchacha20(key, nonce[:16])
    return ChaCha20Poly1305(subkey).decrypt(bytes(4) + nonce[16:], sealed, associated)


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """Derive a key of 32 bytes from one of 32 and a nonce of 16 (section 2.2 of the draft)."""
    state = [*_CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)]
    for _ in range(_DOUBLE_ROUNDS):
        for quarter in _QUARTERS:
            _mix(state, *quarter)
    return struct.pack("<8I", *state[:4], *state[12:])


def _mix(state: list[int], a: int, b: int, c: int, d: int) -> None:
    """Do a quarter round (RFC 8439 2.1) in place."""
    for first, second, left, right in ((16, 12, a, c), (8, 7, a, c)):
        state[left] = (state[left] + state[b]) & _WORD
        state[d] = _rotated(state[d] ^ state[left], first)
        state[right] = (state[right] + state[d]) & _WORD
        state[b] = _rotated(state[b] ^ state[right], second)


def _rotated(word: int, bits: int) -> int:
    return (word << bits & _WORD) | word >> (32 - bits)
