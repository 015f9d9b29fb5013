"""How long something works, in words."""

from __future__ import annotations

import pytest

from tabularium.identity.lifetimes import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (60, "1 minute"), (300, "5 minutes"), (3600, "1 hour"), (5400, "90 minutes"), (86_400, "1 day")],
)
def test_the_largest_unit_that_is_exact_is_used(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
