from __future__ import annotations

from collections.abc import Iterator

import pytest
from schemathesis.core.jsonschema import patterns

from tests.fuzz.patterns import keep_great_lengths


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patterns, "_transform", patterns._transform)
    patterns.update_quantifier.cache_clear()
    keep_great_lengths()
    yield
    patterns.update_quantifier.cache_clear()


def test_a_great_length_stays_beside_the_pattern() -> None:
    assert patterns.update_quantifier("^[a-z]*$", 0, 1_000_000) == "^[a-z]*$"


def test_a_small_length_becomes_part_of_the_pattern() -> None:
    assert patterns.update_quantifier("^[a-z]*$", 0, 120) == "^[a-z]{0,120}$"
