from __future__ import annotations

from server.rate_limits.refusal import RateLimited
from server.rate_limits.verdict import AUTH, Limit, Verdict, nearest_to_end


def verdict(group: str = "read", allowed: bool = True, remaining: int = 5, reset: int = 30) -> Verdict:
    return Verdict(group, allowed, Limit(1200, 60), remaining, reset)


def test_the_headers_say_limit_rest_seconds_and_policy() -> None:
    assert verdict().headers() == [
        (b"ratelimit-limit", b"1200"),
        (b"ratelimit-remaining", b"5"),
        (b"ratelimit-reset", b"30"),
        (b"ratelimit-policy", b"1200;w=60"),
    ]


def test_retry_after_is_at_least_a_second_and_only_for_the_refused() -> None:
    assert verdict(allowed=False, reset=17).retry_after == 17
    assert verdict(allowed=False, reset=0).retry_after == 1
    assert verdict(allowed=True).retry_after == 0


def test_the_nearest_limit_is_a_refusal_then_the_one_with_the_fewest_left() -> None:
    plenty, few = verdict("address", remaining=900), verdict("read", remaining=3)
    used_up = verdict("write", remaining=0, reset=9)
    refused, longer = verdict("batch", False, 0, 3), verdict("admin", False, 0, 8)
    assert nearest_to_end([plenty, few]) is few
    assert nearest_to_end([few, None, used_up]) is used_up
    assert nearest_to_end([used_up, refused, few]) is refused
    assert nearest_to_end([refused, longer]) is longer
    assert nearest_to_end([None]) is None
    assert nearest_to_end([]) is None


def test_a_refusal_says_when_to_come_again() -> None:
    error = RateLimited(verdict(allowed=False, remaining=0, reset=7))
    assert (error.code, error.message) == ("RATE_LIMITED", "Too many requests. Please try again later.")
    assert error.headers() == [(b"retry-after", b"7"), *error.verdict.headers()]


def test_a_refusal_under_auth_has_both_names_of_the_header() -> None:
    error = RateLimited(verdict(AUTH, False, 0, 7))
    assert error.headers()[:2] == [(b"retry-after", b"7"), (b"x-retry-after", b"7")]
    assert dict(error.headers())[b"ratelimit-remaining"] == b"0"
