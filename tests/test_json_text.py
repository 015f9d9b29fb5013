"""JSON that is read and written again without a change to its numbers."""

from __future__ import annotations

from decimal import Decimal

from tabularium import json_text


def test_numbers_that_are_read_are_written_with_the_same_digits() -> None:
    text = '{"a":[1.10,12345678901234567890,-0.0,1e400,0],"b":{"c":"1.10","d":null,"e":true},"f":"é"}'
    assert json_text.dump(json_text.load(text)).decode() == text


def test_numbers_that_are_read_plainly_lose_no_digit() -> None:
    assert json_text.load_plain("[1.10, 12345678901234567890, 1e400]") == [
        Decimal("1.10"), 12345678901234567890, Decimal("1e400"),
    ]  # fmt: skip
