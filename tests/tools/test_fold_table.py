from __future__ import annotations

import unicodedata

import pytest

from tools import fold_table


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="The table is made with Python 3.11's Unicode.")
def test_the_committed_table_is_what_the_tool_writes() -> None:
    assert fold_table.TARGET.read_text(encoding="utf-8") == fold_table.table_text()


def test_neighbours_of_one_distance_are_one_row() -> None:
    pairs = [(65, 97), (66, 98), (67, 99), (256, 257), (258, 259), (260, 261), (263, 264)]
    assert fold_table.runs(iter(pairs)) == [(65, 67, 1, 32), (256, 260, 2, 1), (263, 263, 1, 1)]


def test_a_character_folds_to_one_character() -> None:
    assert [fold_table.fold_character(each) for each in "AßẞİΣ"] == ["a", "ß", "ß", "İ", "σ"]
