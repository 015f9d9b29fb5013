from __future__ import annotations

import unicodedata

import pytest

from tools import case_table


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="The table is made with Python 3.11's Unicode.")
def test_the_committed_table_is_what_the_tool_writes() -> None:
    assert case_table.TARGET.read_text(encoding="utf-8") == case_table.table_text()


def test_only_what_becomes_one_other_character_is_in_the_table() -> None:
    capitals = dict(case_table.pairs(str.upper))
    assert [capitals.get(ord(each)) for each in "aAßŉǆ"] == [ord("A"), None, None, None, ord("Ǆ")]
    assert [dict(case_table.pairs(str.lower)).get(ord(each)) for each in "AİΣ"] == [ord("a"), None, ord("σ")]
