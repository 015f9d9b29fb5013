from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.records.transfer import csv_text
from tabularium.records.transfer.csv_text import CsvFault, read_rows, row_text

TEXT = st.text(st.one_of(st.sampled_from(',"\r\n a'), st.characters(exclude_categories=["Cs"])), max_size=12)
CELLS = st.one_of(st.none(), st.just(""), TEXT)


def rows(text: str | bytes) -> list[list[str | None]]:
    content = text.encode() if isinstance(text, str) else text
    return [cells for _, cells in read_rows(io.BytesIO(content))]


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5))
def test_what_was_written_is_read_again(written: list[list[str | None]]) -> None:
    text = "".join(row_text(cells) for cells in written)
    assert rows("x\n" + text)[1:] == written  # the first line may begin with a byte order mark, which is no content


@given(st.text(st.sampled_from('ab,"\r\n'), max_size=30))
def test_any_text_is_either_rows_or_a_fault_of_one_of_its_lines(text: str) -> None:
    try:
        found = rows(text)
    except CsvFault as fault:
        line = fault.line
    else:
        line = 1
        assert rows("".join(row_text(cells) for cells in found)) == found
    assert 1 <= line <= text.count("\n") + 1


def test_an_empty_cell_is_null_and_two_quotes_are_empty_text() -> None:
    assert rows('a,,"",b\n,\n""\n') == [["a", None, "", "b"], [None, None], [""]]


def test_an_empty_line_is_a_row_of_one_empty_cell() -> None:
    assert rows("a\n\nb\n") == [["a"], [None], ["b"]]


def test_spaces_belong_to_the_cell() -> None:
    assert rows(' a , "b\n'.replace('"', "")) == [[" a ", " b"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ('"a\r\nb",c\r\n', [["a\r\nb", "c"]]),
        ('"a""b","\n\n",\n', [['a"b', "\n\n", None]]),
    ],
)
def test_lines_end_in_lf_or_crlf_and_quotes_hold_both(text: str, expected: list[list[str | None]]) -> None:
    assert rows(text) == expected


def test_a_byte_order_mark_at_the_beginning_is_not_content() -> None:
    assert rows(b"\xef\xbb\xbfa,b\n") == [["a", "b"]]
    assert rows(b'\xef\xbb\xbf"a",b\n') == [["a", "b"]]


def test_a_row_has_the_number_of_its_first_line() -> None:
    assert [line for line, _ in read_rows(io.BytesIO(b'a\n"b\n\nc"\nd\n'))] == [1, 2, 5]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('a\n"b\nc\n', 2, "never closed"),
        ('a\nb,"c"d\n', 2, "after the closing quote"),
        ('a\nb,c"d\n"e"\n', 2, "stand in double quotes"),
        ('a\n"x\ny",b"c"\n', 3, "stand in double quotes"),
        ('a\n"b"\r,c\n', 2, "after the closing quote"),
        ("a\nb\rc\n", 2, "carriage return"),
        ('a\nb\rc,"d"\n', 2, "carriage return"),
        (b"a\nb\xff\n", 2, "UTF-8"),
        (b'a\n"b\n\xff"\n', 3, "UTF-8"),
    ],
)
def test_what_is_no_csv_is_a_fault_that_names_the_line(text: str | bytes, line: int, words: str) -> None:
    with pytest.raises(CsvFault, match=words) as fault:
        rows(text)
    assert fault.value.line == line


def test_a_quote_that_is_never_closed_does_not_draw_the_file_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_text, "LONGEST_ROW", 1000)
    large = tmp_path / "large.csv"
    large.write_bytes(b'a\n"b' + b"x\n" * 1_000_000)
    tracemalloc.start()
    try:
        with large.open("rb") as source, pytest.raises(CsvFault, match="longer than"):
            list(read_rows(source))
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
