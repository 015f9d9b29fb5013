"""XChaCha20-Poly1305 against the vectors of draft-irtf-cfrg-xchacha-03."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from tabularium.identity.xchacha import hchacha20, open_sealed

# Section A.3.1.
_KEY = bytes(range(0x80, 0xA0))
_NONCE = bytes(range(0x40, 0x58))
_ASSOCIATED = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
_TEXT = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
_SEALED = bytes.fromhex(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
)


def test_hchacha20_gives_the_key_of_section_2_2_1() -> None:
    key = bytes(range(32))
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    assert hchacha20(key, nonce).hex() == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"


def test_the_ciphertext_of_section_a_3_1_opens() -> None:
    assert open_sealed(_KEY, _NONCE, _SEALED, _ASSOCIATED) == _TEXT


def test_the_ciphertext_opens_with_its_own_associated_data_alone() -> None:
    with pytest.raises(InvalidTag):
        open_sealed(_KEY, _NONCE, _SEALED)


@given(st.integers(0, len(_SEALED) * 8 - 1))
def test_a_ciphertext_with_one_bit_changed_does_not_open(bit: int) -> None:
    changed = bytearray(_SEALED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTag):
        open_sealed(_KEY, _NONCE, bytes(changed), _ASSOCIATED)


@given(st.integers(0, len(_NONCE) * 8 - 1))
def test_every_bit_of_the_nonce_counts(bit: int) -> None:
    changed = bytearray(_NONCE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTag):
        open_sealed(_KEY, bytes(changed), _SEALED, _ASSOCIATED)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=24, max_size=24), st.binary(max_size=200))
def test_what_the_derived_key_seals_opens(key: bytes, nonce: bytes, text: bytes) -> None:
    sealed = ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], text, b"")
    assert open_sealed(key, nonce, sealed) == text
