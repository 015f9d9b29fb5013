"""The log of slow statements."""

from __future__ import annotations

import logging
import time

import pytest

from tabularium.db.slow import warn_if_slow


def test_a_statement_over_a_second_is_a_warning_and_a_quick_one_is_not(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tabularium.db"):
        warn_if_slow("SELECT 1", time.monotonic() - 0.9)
        assert caplog.messages == []
        warn_if_slow("SELECT 2", time.monotonic() - 1.26)
    assert caplog.messages == ["a statement took 1.3 s: SELECT 2"]
