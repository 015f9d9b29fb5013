from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.schema.fields.base import Problem
from tabularium.schema.fields.characters import (
    LINE_PATTERN,
    TEXT_PATTERN,
    is_blank_text,
    line_problem,
    read_text,
    text_problem,
    visible_pattern,
)

BLANK = (
    "",
    " ",
    "\t\r\n",
    "\u00a0\u2003\u3000",
    "\u200b\u200d\ufeff\u2060",
    "\u2028\u2029",
    "\u00ad",
    "\u2800",
    "\u3164",
    "\ufe0f",
)
VISIBLE = ("0", "-", ".", "\u0301", "\U0001f600", " a ", "\u4f60", "\ufffd", "\ue000")


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_spaces_and_invisible_characters_is_blank(text: str) -> None:
    assert is_blank_text(text)


@pytest.mark.parametrize("text", VISIBLE)
def test_a_text_with_one_visible_character_is_not_blank(text: str) -> None:
    assert not is_blank_text(text)


@given(st.sampled_from(BLANK), st.sampled_from(VISIBLE), st.sampled_from(BLANK))
def test_blanks_around_a_visible_character_do_not_hide_it(before: str, visible: str, after: str) -> None:
    assert not is_blank_text(before + visible + after)
    assert is_blank_text(before + after)


@given(st.text(st.characters(codec=None, categories=None, max_codepoint=0x2100) | st.sampled_from("\ud800\udfff\x00")))
def test_the_patterns_of_the_schema_admit_exactly_what_is_admitted(text: str) -> None:
    has_surrogate = any("\ud800" <= character <= "\udfff" for character in text)  # JSON in UTF-8 cannot carry one
    assert (text_problem(text) is None) == (bool(re.fullmatch(TEXT_PATTERN, text)) and not has_surrogate)
    assert (line_problem(text) is None) == (bool(re.fullmatch(LINE_PATTERN, text)) and not has_surrogate)


@given(st.text())
def test_what_is_one_line_is_also_text(text: str) -> None:
    if line_problem(text) is None:
        assert text_problem(text) is None
        assert len(text.splitlines()) <= 1
    assert read_text(text) is text


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])) | st.sampled_from([*BLANK, *VISIBLE]))
@pytest.mark.parametrize(("pattern", "problem"), [(LINE_PATTERN, line_problem), (TEXT_PATTERN, text_problem)])
def test_the_pattern_of_required_text_admits_what_is_fit_and_not_blank(
    pattern: str, problem: Callable[[str], Problem | None], text: str
) -> None:
    is_admitted = re.search(rf"{visible_pattern(pattern)[:-1]}\Z", text) is not None
    assert is_admitted is (problem(text) is None and not is_blank_text(text))
