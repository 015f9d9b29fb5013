from __future__ import annotations

from tabularium.mail.hourly_limit import HourlyLimit
from tests.mail.post_office import Stopwatch


def test_thirty_mails_an_hour_go_to_an_address_however_it_is_written() -> None:
    watch = Stopwatch()
    limit = HourlyLimit(watch)
    assert all(limit.take("Ann@Example.org" if number % 2 else "ann@example.org") for number in range(30))
    assert not limit.take("ann@example.org")
    assert limit.take("bob@example.org")


def test_the_hour_slides() -> None:
    watch = Stopwatch()
    limit = HourlyLimit(watch, most=2)
    assert limit.take("a")
    watch.seconds += 1800
    assert limit.take("a")
    watch.seconds += 1799
    assert not limit.take("a")
    watch.seconds += 1
    assert limit.take("a")
    assert not limit.take("a")
    watch.seconds += 1800
    assert limit.take("a")


def test_what_is_refused_does_not_count() -> None:
    watch = Stopwatch()
    limit = HourlyLimit(watch, most=1)
    assert limit.take("a")
    watch.seconds += 3000
    assert not limit.take("a")
    watch.seconds += 600
    assert limit.take("a")


def test_addresses_are_forgotten_after_an_hour() -> None:
    watch = Stopwatch()
    limit = HourlyLimit(watch)
    for number in range(100):
        limit.take(f"a{number}")
    watch.seconds += 3600
    limit.take("b")
    assert len(limit) == 1


def test_of_too_many_addresses_the_one_longest_without_mail_is_forgotten() -> None:
    limit = HourlyLimit(Stopwatch(), most=2, most_addresses=2)
    for address in ("a", "b", "a", "c"):
        limit.take(address)
    assert len(limit) == 2
    assert not limit.take("a")
    assert limit.take("b")
