"""What is encrypted opens again, and only where it belongs."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from tabularium.identity.encryption import Vault
from tabularium.identity.xchacha import hchacha20

OLD = "0123456789abcdef0123456789abcdef"
NEW = "a new secret, of more than 32 characters"
PLACE = ("totp", "twoFactor", "secret", "user-1")
TOKEN_PLACE = ("token", "account", "accessToken", "user-1")

# Written by Better Auth 1.6.34 under the secret OLD.
ADOPTED = (
    "4c50f1e4b5475437b3c08d365c7b3925d3fe569b1755edc78db369886eaeed7da8d1c765f5143a9410239eb434b8ddc7"
    "90a3a4425d4831850212b5b176d2692afdf15eb9360821f53d"
)
ADOPTED_TEXT = "wA9_-fixedTotpSecretOf32Letters_x"
ADOPTED_WITH_NUMBER = (
    "$ba$3$fffef0ec9e7667b57c0181cd6234f44c99954428bda97abaea06a6d8cebe6e739cb65f88e981a6cdf0b07711204d85"
)


def adopted(content: bytes, secret: str = OLD) -> str:
    """Seal bytes as an adopted database holds them."""
    nonce = bytes(range(24))
    key = hchacha20(hashlib.sha256(secret.encode()).digest(), nonce[:16])
    return (nonce + ChaCha20Poly1305(key).encrypt(bytes(4) + nonce[16:], content, b"")).hex()


# The form ------------------------------------------------------------------------------------------------------------


def test_the_form_is_the_one_that_is_written_down() -> None:
    stored = Vault([NEW, OLD]).encrypt("grüße", *PLACE)
    form = re.fullmatch(r"tb1:([0-9a-f]{8}):([A-Za-z0-9_-]+)", stored)
    assert form is not None
    info = b"tabularium/encryption/tb1/totp"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(NEW.encode())
    content = base64.urlsafe_b64decode(form[2] + "=" * (-len(form[2]) % 4))
    assert form[1] == hashlib.sha256(key).hexdigest()[:8]
    assert AESGCM(key).decrypt(content[:12], content[12:], b'["twoFactor","secret","user-1"]').decode() == "grüße"


def test_the_same_text_is_never_written_twice_alike() -> None:
    vault = Vault([OLD])
    assert len({vault.encrypt("text", *PLACE) for _ in range(50)}) == 50


@given(st.text(), st.text(), st.text())
def test_every_text_opens_again(text: str, purpose: str, user_id: str) -> None:
    vault = Vault([OLD])
    stored = vault.encrypt(text, purpose, "account", "accessToken", user_id)
    assert vault.decrypt(stored, purpose, "account", "accessToken", user_id) == text
    assert vault.decrypt_token(stored, purpose, "account", "accessToken", user_id) == text


def test_a_vault_without_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a secret"):
        Vault([])


# Rotation ------------------------------------------------------------------------------------------------------------


def test_only_what_the_first_secret_wrote_for_this_purpose_is_the_newest() -> None:
    stored = Vault([OLD]).encrypt("text", *PLACE)
    assert Vault([OLD]).is_newest(stored, "totp")
    assert not Vault([OLD]).is_newest(stored, "token")
    assert not Vault([NEW, OLD]).is_newest(stored, "totp")
    assert not Vault([OLD]).is_newest(ADOPTED, "totp")


def test_what_the_old_secret_wrote_opens_as_long_as_the_list_holds_it() -> None:
    stored = Vault([OLD]).encrypt("text", *PLACE)
    assert Vault([NEW, OLD]).decrypt(stored, *PLACE) == "text"
    assert Vault([NEW]).decrypt(stored, *PLACE) is None


def test_the_first_secret_writes() -> None:
    stored = Vault([NEW, OLD]).encrypt("text", *PLACE)
    assert Vault([NEW]).decrypt(stored, *PLACE) == "text"
    assert Vault([OLD]).decrypt(stored, *PLACE) is None


def test_what_was_adopted_opens_after_a_rotation() -> None:
    assert Vault([NEW, OLD]).decrypt(ADOPTED, *PLACE) == ADOPTED_TEXT


# Only where it belongs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        ("backupCodes", "twoFactor", "secret", "user-1"),
        ("totp", "account", "secret", "user-1"),
        ("totp", "twoFactor", "backupCodes", "user-1"),
        ("totp", "twoFactor", "secret", "user-2"),
        ("totp", "twoFactor", "secret", ""),
        ("totp", "twoFactorsecret", "", "user-1"),
        ("totp", "twoFactor", 'secret","user', "1"),
    ],
)
def test_a_value_that_was_moved_does_not_open(other: tuple[str, str, str, str]) -> None:
    vault = Vault([OLD])
    assert vault.decrypt(vault.encrypt("text", *PLACE), *other) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_no_two_places_are_taken_for_each_other(table: str, column: str, other_table: str, other_column: str) -> None:
    vault = Vault([OLD])
    stored = vault.encrypt("text", "p", table, column, "u")
    opened = vault.decrypt(stored, "p", other_table, other_column, "u")
    assert (opened == "text") is ((table, column) == (other_table, other_column))


def test_no_character_can_be_changed() -> None:
    vault = Vault([OLD])
    stored = vault.encrypt("some text", *PLACE)
    for place, character in enumerate(stored):
        for other in "A-0z=:\n" + character.swapcase():
            if other != character:
                changed = stored[:place] + other + stored[place + 1 :]
                assert vault.decrypt(changed, *PLACE) is None


@given(st.integers(0, 60))
def test_no_end_can_be_cut_off_or_added(length: int) -> None:
    vault = Vault([OLD])
    stored = vault.encrypt("some text", *PLACE)
    assert vault.decrypt(stored[: min(length, len(stored) - 1)], *PLACE) is None
    assert vault.decrypt(stored + "A" * (length + 1), *PLACE) is None


# Adopted values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (ADOPTED, ADOPTED_TEXT),
        (ADOPTED.upper(), ADOPTED_TEXT),
        (f"$ba$0${ADOPTED}", ADOPTED_TEXT),
        (ADOPTED_WITH_NUMBER, "grüße"),
        (adopted(b""), ""),
    ],
)
def test_what_better_auth_encrypted_opens(stored: str, text: str) -> None:
    assert Vault([OLD]).decrypt(stored, *PLACE) == text
    assert Vault([OLD]).decrypt_token(stored, *TOKEN_PLACE) == text


@pytest.mark.parametrize(
    "stored",
    [
        *(
            "",
            "tb1:",
            "tb1",
            "plain text",
            "$ba$",
            "$ba$1$",
            "ab" * 39,
            "ab" * 40,
            f"$ba$x${ADOPTED}",
            f"$ba$${ADOPTED}",
        ),
        *(ADOPTED[:-1], ADOPTED[:-2], f"{ADOPTED}\n", f" {ADOPTED}", f"{ADOPTED}00", f"$ba$1$$ba$1${ADOPTED}"),
        *("tb1:00000000:", "tb1:00000000:AAAA", "tb1:00000000:A", f"tb1:00000000:{'A' * 60}", f"tb1:{ADOPTED}"),
        *("\ud800", "tb1:\ud800", f"$ba$١${ADOPTED}", f"tb1:00000000:{'Ａ' * 60}"),
        adopted(b"\xff\xfe"),
    ],
)
def test_what_is_malformed_is_no_text_and_no_error(stored: str) -> None:
    assert Vault([NEW, OLD]).decrypt(stored, *PLACE) is None


@given(st.one_of(st.text(), st.from_regex(r"(tb1:|\$ba\$1\$)?[0-9a-fA-F:$_-]*", fullmatch=True)))
def test_whatever_else_is_stored_is_no_text_and_no_error(stored: str) -> None:
    assert Vault([NEW, OLD]).decrypt(stored, *PLACE) is None


# Tokens of identity providers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["", "ya29.a0-token", "gho_16C7e42F292c6912E7", "ab" * 20, "ab" * 39, "a" * 81, "$ba$"]
)
def test_a_token_in_plain_text_is_itself(token: str) -> None:
    assert Vault([OLD]).decrypt_token(token, *TOKEN_PLACE) == token


@pytest.mark.parametrize("stored", ["tb1:00000000:AAAA", "ab" * 40, "$ba$1$", "$ba$1$plain", ADOPTED])
def test_a_token_that_is_encrypted_and_cannot_be_opened_is_handed_to_nobody(stored: str) -> None:
    assert Vault([NEW]).decrypt_token(stored, *TOKEN_PLACE) is None
