from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from server.rate_limits.auth_limits import AuthLimits
from server.rate_limits.store import MemoryStore
from server.rate_limits.verdict import AUTH, Limit, Verdict
from tests.conftest import Run
from tests.server.rate_limits.conftest import MovedClock


@dataclass(frozen=True)
class Options:
    enabled: bool = True
    window: int = 10
    max: int = 100
    custom_rules: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)


def limits(options: Options, clock: MovedClock) -> AuthLimits:
    return AuthLimits(options, MemoryStore(clock))


async def checked(auth: AuthLimits, path: str, address: str = "203.0.113.1") -> Verdict:
    verdict = await auth.check(address, path)
    assert verdict is not None
    return verdict


ALL = Limit(100, 10)
THREE_IN_TEN = Limit(3, 10)
THREE_A_MINUTE = Limit(3, 60)
FIVE_A_MINUTE = Limit(5, 60)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/get-session", ALL),
        ("/nothing-there", ALL),
        ("/", ALL),
        ("", ALL),
        ("/sign-in/email", THREE_IN_TEN),
        ("/sign-in/social", THREE_IN_TEN),
        ("/sign-in", THREE_IN_TEN),
        ("/sign-up/email", THREE_IN_TEN),
        ("/change-password", THREE_IN_TEN),
        ("/change-email", THREE_IN_TEN),
        ("/request-password-reset", THREE_A_MINUTE),
        ("/request-password-reset/more", ALL),
        ("/reset-password", ALL),
        ("/send-verification-email", THREE_A_MINUTE),
        ("/verify-email", ALL),
        ("/forget-password", THREE_A_MINUTE),
        ("/forget-password/email-otp", THREE_A_MINUTE),
        ("/two-factor/verify-totp", THREE_IN_TEN),
        ("/two-factor", ALL),
        ("/email-otp/send-verification-otp", THREE_A_MINUTE),
        ("/email-otp/check-verification-otp", THREE_A_MINUTE),
        ("/sign-in/email-otp", THREE_A_MINUTE),
        ("/email-otp/verify-email", THREE_A_MINUTE),
        ("/email-otp/request-password-reset", THREE_A_MINUTE),
        ("/email-otp/reset-password", THREE_A_MINUTE),
        ("/email-otp/request-email-change", THREE_A_MINUTE),
        ("/email-otp/change-email", THREE_A_MINUTE),
        ("/email-otp/other", ALL),
        ("/sign-in/magic-link", FIVE_A_MINUTE),
        ("/magic-link/verify", FIVE_A_MINUTE),
        ("/magic-link", ALL),
        ("/admin/accept-invitation", FIVE_A_MINUTE),
        ("/admin/list-users", ALL),
        ("/api/admin/bootstrap/claim", FIVE_A_MINUTE),
        ("/api/account/delete", FIVE_A_MINUTE),
        ("/api/account/export", FIVE_A_MINUTE),
        ("/api/account/pending-erasure", ALL),
    ],
)
def test_a_path_has_the_limit_of_the_lowest_row_that_matches(path: str, limit: Limit, clock: MovedClock) -> None:
    assert limits(Options(), clock).rule_for(path) == limit


def test_window_and_max_change_the_first_row_only(clock: MovedClock) -> None:
    auth = limits(Options(window=20, max=7), clock)
    assert auth.rule_for("/get-session") == Limit(7, 20)
    assert auth.rule_for("/sign-in/email") == THREE_IN_TEN


def test_rules_of_the_file_beat_the_table_the_most_specific_first(clock: MovedClock) -> None:
    rules = {
        "/*": (30, 50),
        "/sign-in/*": (60, 5),
        "/sign-in/*-otp": (60, 2),
        "/sign-in/email": (60, 1),
        "/get-session": None,
        "/callback/*/x*y*z": (9, 9),
        "/api/account/*": None,
    }
    auth = limits(Options(custom_rules=rules), clock)
    assert auth.rule_for("/sign-in/email") == Limit(1, 60)
    assert auth.rule_for("/sign-in/email-otp") == Limit(2, 60)
    assert auth.rule_for("/sign-in/-otp") == Limit(2, 60)
    assert auth.rule_for("/sign-in/social/a") == Limit(5, 60)
    assert auth.rule_for("/sign-in") == Limit(50, 30)
    assert auth.rule_for("/sign-up/email") == Limit(50, 30)
    assert auth.rule_for("/callback/a/b/xyyz") == Limit(9, 9)
    assert auth.rule_for("/callback/a/b/xzz") == Limit(50, 30)
    assert auth.rule_for("/get-session") is None
    assert auth.rule_for("/api/account/delete") is None


def test_a_pattern_does_not_use_a_character_twice(clock: MovedClock) -> None:
    auth = limits(Options(custom_rules={"/aba*aba": (1, 1), "/c*c*c": (2, 2)}), clock)
    assert auth.rule_for("/aba") == ALL
    assert auth.rule_for("/ababa") == ALL
    assert auth.rule_for("/abaaba") == Limit(1, 1)
    assert auth.rule_for("/cc") == ALL
    assert auth.rule_for("/ccc") == Limit(2, 2)


def test_of_equally_specific_patterns_the_first_in_the_file_counts(clock: MovedClock) -> None:
    auth = limits(Options(custom_rules={"/ab*": (1, 1), "/*cd": (2, 2), "/*ef": (3, 3)}), clock)
    assert auth.rule_for("/ab-cd") == Limit(1, 1)
    assert auth.rule_for("/x-ef") == Limit(3, 3)


def test_switched_off_nothing_is_limited(run: Run[None], clock: MovedClock) -> None:
    auth = limits(Options(enabled=False, custom_rules={"/sign-in/email": (60, 1)}), clock)
    assert auth.rule_for("/sign-in/email") is None
    assert [run(auth.check("a", "/sign-in/email")) for _ in range(5)] == [None] * 5


def test_a_path_whose_limit_is_lifted_is_not_counted(run: Run[None], clock: MovedClock) -> None:
    auth = limits(Options(custom_rules={"/sign-in/email": None}), clock)
    assert [run(auth.check("a", "/sign-in/email")) for _ in range(5)] == [None] * 5


def test_the_last_request_that_fits_is_allowed_and_the_next_refused(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        auth = limits(Options(), clock)
        for remaining in (2, 1, 0):
            assert await checked(auth, "/sign-in/email") == Verdict(AUTH, True, THREE_IN_TEN, remaining, 10)
            clock.move(1)
        refused = await checked(auth, "/sign-in/email")
        assert refused == Verdict(AUTH, False, THREE_IN_TEN, 0, 9)
        assert refused.retry_after == 9
        clock.move(0.001)
        assert (await checked(auth, "/sign-in/email")).retry_after == 9
        clock.move(0.999)
        assert (await checked(auth, "/sign-in/email")).retry_after == 8

    run(scenario())


def test_allowed_requests_slide_the_window(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        auth = limits(Options(), clock)
        for _ in range(3):
            assert (await checked(auth, "/sign-in/email")).allowed
            clock.move(9)
        # The first is 27 seconds ago, the last 9.
        assert not (await checked(auth, "/sign-in/email")).allowed

    run(scenario())


def test_refused_requests_do_not_extend_the_window(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        auth = limits(Options(), clock)
        for _ in range(3):
            await checked(auth, "/sign-in/email")
        for _ in range(10):
            clock.move(1)
            assert not (await checked(auth, "/sign-in/email")).allowed
        # Not after exactly the window, but after more than it.
        clock.move(0.001)
        assert await checked(auth, "/sign-in/email") == Verdict(AUTH, True, THREE_IN_TEN, 2, 10)

    run(scenario())


def test_addresses_and_paths_are_counted_apart(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        auth = limits(Options(), clock)
        for _ in range(3):
            await checked(auth, "/sign-in/email")
        assert not (await checked(auth, "/sign-in/email")).allowed
        assert (await checked(auth, "/sign-in/social")).allowed
        assert (await checked(auth, "/sign-in/email", "203.0.113.2")).allowed

    run(scenario())


def test_paths_of_any_length_are_told_apart(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        auth = limits(Options(), clock)
        long = "/sign-in/" + "x" * 10_000
        for _ in range(3):
            assert (await checked(auth, long)).allowed
        assert not (await checked(auth, long)).allowed
        assert (await checked(auth, f"{long}\udc80")).allowed

    run(scenario())
