"""How hard property tests try: a bounded number of examples by default, many more in the nightly profile."""

from __future__ import annotations

import os
from typing import Final

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
NIGHTLY_EXAMPLES: Final = 2000


def examples(number: int) -> int:
    """Return how many examples a test tries: `number`, or those of a night."""
    return max(number, NIGHTLY_EXAMPLES) if NIGHTLY else number
