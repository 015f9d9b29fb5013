"""Draws requests to the tables of `proofs.yaml`: values that mostly fit, and records that are mostly there."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

ANY = 20
PICKS = (*range(15), ANY, ANY + 1, ANY + 2)
"""Which record: the smaller numbers mean likely ones, the others any that was ever there."""
TABLES = ("people", "people", "people", "places", "places", "tags")
VALUES: Mapping[str, Sequence[Any]] = {
    "name": (*["ann", "bob", "cy"] * 4, None, "much too long"),
    "code": (*"abcdefgh", None),
    "age": (*[0, 7, 150, None] * 3, 151),
    "height": ("1.25", "2.50", None),
    "active": (True, False),
    "mood": ("good", "bad", None),
    "born": ("2001-02-03", None),
    "label": (*"qrstuvxyz", None),
    "size": (1, 2, None),
    "boss": (*PICKS, None, None),
    "home": (*PICKS, None, None),
    "guard": (*PICKS[::3], *[None] * 20),
    "inside": (*PICKS, None, None),
}


class Draw(random.Random):
    """Draws what a request asks for."""

    def row(self) -> dict[str, Any]:
        row = {"id": f"p{self.randint(1, 12)}", "tags": [self.choice(PICKS) for _ in range(self.randint(0, 2))]}
        row |= {name: self.choice(values) for name, values in VALUES.items()}
        return {name: value for name, value in row.items() if name == "id" or self.random() < 0.4}

    def rows(self) -> list[dict[str, Any]]:
        return [self.row() for _ in range(self.randint(1, 3))]

    def picks(self) -> list[int]:
        return [self.choice(PICKS) for _ in range(self.randint(1, 2))]

    def codes(self) -> list[str]:
        return self.sample("abcdefgh", 3) if self.random() < 0.85 else [self.choice("ab") for _ in range(3)]

    def seldom(self) -> bool:
        return self.random() < 0.2
