"""One-time passwords against RFC 6238, and backup codes."""

from __future__ import annotations

import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.identity.one_time_passwords import (
    find_backup_code,
    matching_step,
    new_backup_codes,
    new_totp_secret,
    oldest_step,
    totp_uri,
)

# RFC 6238, appendix B, the values of SHA-1.
RFC_SECRET = "12345678901234567890"
RFC_VALUES = (
    *((59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471")),
    *((1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130")),
)


def at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


# Codes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "code"), RFC_VALUES)
def test_the_codes_of_the_rfc_match_their_step(seconds: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, at(seconds), 8, 30) == seconds // 30
    assert matching_step(RFC_SECRET, code[2:], at(seconds), 6, 30) == seconds // 30


@pytest.mark.parametrize(("seconds", "code"), RFC_VALUES[1:])
def test_a_code_matches_one_step_early_and_one_late_and_no_further(seconds: int, code: str) -> None:
    begin = seconds // 30 * 30
    for moment in (begin - 30, begin - 1, begin, begin + 29.999, begin + 59.999):
        assert matching_step(RFC_SECRET, code, at(moment), 8, 30) == seconds // 30
    for moment in (begin - 31, begin + 60):
        assert matching_step(RFC_SECRET, code, at(moment), 8, 30) is None


@pytest.mark.parametrize("period", [15, 30, 120])
def test_the_oldest_step_is_the_first_whose_code_still_matches(period: int) -> None:
    moment = at(1_234_567_890)
    steps = range(1_234_567_890 // period - 3, 1_234_567_890 // period)
    codes = {step: pyotp.TOTP(b32encode(RFC_SECRET.encode()).decode()).generate_otp(step) for step in steps}
    matching = [step for step, code in codes.items() if matching_step(RFC_SECRET, code, moment, 6, period) == step]
    assert matching == [oldest_step(moment, period)]


def test_the_first_steps_of_all_have_no_step_before_them() -> None:
    assert matching_step(RFC_SECRET, "755224", at(0), 6, 30) == 0  # the first value of RFC 4226, appendix D
    assert matching_step(RFC_SECRET, "287082", at(0), 6, 30) == 1


def test_the_zone_of_the_moment_does_not_matter() -> None:
    moment = datetime.fromisoformat("2005-03-18T04:58:31+03:00")
    assert matching_step(RFC_SECRET, "14050471", moment, 8, 30) == 1111111111 // 30


@pytest.mark.parametrize("period", [15, 60, 120])
def test_steps_are_as_long_as_configured(period: int) -> None:
    step = 1111111111 // 30
    assert matching_step(RFC_SECRET, "14050471", at(step * period), 8, period) == step
    assert matching_step(RFC_SECRET, "14050471", at((step + 2) * period), 8, period) is None


@pytest.mark.parametrize(
    "code", ["", "7082", "287 082", " 287082", "287082 ", "287082\n", "94287082", "２８７０８２", "٢٨٧٠٨٢", "\ud800"]
)
def test_only_the_digits_themselves_match(code: str) -> None:
    assert matching_step(RFC_SECRET, "287082", at(59), 6, 30) == 1
    assert matching_step(RFC_SECRET, code, at(59), 6, 30) is None


@given(st.text())
def test_no_text_is_an_error(code: str) -> None:
    step = matching_step(RFC_SECRET, code, at(59), 6, 30)
    assert step is None or (0 <= step <= 2 and re.fullmatch("[0-9]{6}", code))


# Secrets and their URI -----------------------------------------------------------------------------------------------


def test_a_secret_has_32_characters_and_comes_once() -> None:
    secrets = {new_totp_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", secret) for secret in secrets)
    assert {"-", "_", "A", "z", "0"} <= set("".join(secrets))


def test_the_uri_is_what_better_auth_writes() -> None:
    """Made by @better-auth/utils, which Better Auth 1.6.34 uses, from the same values."""
    secret = "AbCdEfGhIjKlMnOpQrStUvWxYz01234_"
    assert totp_uri(secret, "a+b_c~d'e*(f)!@example.com", "My App & (Söhne) ~*'!", 6, 30) == (
        "otpauth://totp/My%20App%20%26%20(S%C3%B6hne)%20~*'!:a%2Bb_c~d'e*(f)!%40example.com"
        "?secret=IFREGZCFMZDWQSLKJNWE23SPOBIXEU3UKV3FO6CZPIYDCMRTGRPQ"
        "&issuer=My+App+%26+%28S%C3%B6hne%29+%7E*%27%21&digits=6&period=30"
    )


def test_the_uri_names_digits_and_period() -> None:
    assert totp_uri(RFC_SECRET, "a@example.com", "crm", 8, 60) == (
        "otpauth://totp/crm:a%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=crm&digits=8&period=60"
    )


# Backup codes --------------------------------------------------------------------------------------------------------


def test_ten_backup_codes_are_made_and_no_two_are_alike() -> None:
    lists = [new_backup_codes() for _ in range(20)]
    assert all(len(codes) == 10 for codes in lists)
    codes = [code for each in lists for code in each]
    assert len(set(codes)) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9]{5}-[A-Za-z0-9]{5}", code) for code in codes)


def test_a_backup_code_is_found_at_its_place() -> None:
    codes = new_backup_codes()
    assert [find_backup_code(codes, code) for code in codes] == list(range(10))


@pytest.mark.parametrize(
    "sent", ["", "abcdeFGHIJ", "ABCDE-FGHIJ", "abcde-fghij", " abcde-FGHIJ", "abcde-FGHIJ\n", "é", "\ud800"]
)
def test_a_backup_code_is_found_as_it_is_written_alone(sent: str) -> None:
    codes = ["12345-67890", "abcde-FGHIJ"]
    assert find_backup_code(codes, "abcde-FGHIJ") == 1
    assert find_backup_code(codes, sent) is None
    assert find_backup_code([], sent) is None
