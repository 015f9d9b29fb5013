"""Identifiers of the server are versions 7 of UUIDs, and those of one process are ordered."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from uuid import UUID

import pytest

from tabularium import ids


def test_many_are_made_at_once_in_order_and_go_on_where_others_ended() -> None:
    made = [str(ids.uuid7()), *ids.uuid7_texts(500), str(ids.uuid7()), *ids.uuid7_texts(1), str(ids.uuid7())]
    assert all(one < two for one, two in pairwise(made))
    assert all(UUID(each).version == 7 and str(UUID(each)) == each for each in made)
    assert {UUID(each).variant for each in made} == {"specified in RFC 4122"}
    assert ids.uuid7_texts(0) == []


def test_the_time_stands_in_front() -> None:
    before = time.time_ns() // 1_000_000
    (made,) = ids.uuid7_texts(1)
    assert before <= int(made.replace("-", "")[:12], 16) <= time.time_ns() // 1_000_000 + 1


def test_what_is_random_differs_from_one_to_the_next() -> None:
    assert len({each[19:] for each in ids.uuid7_texts(1000)}) == 1000


def test_they_stay_in_order_where_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7_texts(3)
    monkeypatch.setattr(time, "time_ns", lambda: 1)
    assert ids.uuid7_texts(2)[0] > first[-1]


def test_no_two_threads_get_the_same_time() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(ids.uuid7_texts(2000))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each[:18] for each in made}) == len(made) == 8000
