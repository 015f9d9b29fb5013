"""CSV as RFC 4180 has it, in UTF-8. An empty cell is `None`, and `""` is empty text.

The module `csv` of Python 3.11 cannot tell those two apart, which is why there is a reader here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO, Final

Cells = list[str | None]

LONGEST_ROW: Final = 64 * 1024 * 1024
"""Bytes. A quote that is never closed would otherwise draw the rest of the file into memory."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_QUOTED: Final = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")')
_SPECIAL: Final = re.compile(r'[",\r\n]')


class CsvFault(Exception):
    """Text that is not CSV. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


def read_rows(source: BinaryIO) -> Iterator[tuple[int, Cells]]:
    """Yield every row with the number of the line on which it begins. Lines end in LF or CRLF. Raises `CsvFault`."""
    lines = iter(partial(source.readline, LONGEST_ROW), b"")
    line = 0
    for raw in lines:
        line += 1
        start = line
        if start == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if b'"' not in raw:
            yield start, _plain_cells(raw, start)
            continue
        parts, size, is_open = [raw], len(raw), raw.count(b'"') % 2 == 1
        while is_open and size < LONGEST_ROW and (more := next(lines, b"")):
            line += 1
            parts.append(more)
            size += len(more)
            is_open ^= more.count(b'"') % 2 == 1
        yield start, _quoted_cells(_decode(b"".join(parts), start), start)


def row_text(cells: Iterable[str | None]) -> str:
    """Write one row, with its line break."""
    return ",".join([_cell_text(cell) for cell in cells]) + "\n"


def _cell_text(cell: str | None) -> str:
    if cell is None:
        return ""
    if cell and not _SPECIAL.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _plain_cells(raw: bytes, line: int) -> Cells:
    """Split a line without quotes, which is what most lines of a large file are."""
    text = _without_line_break(_decode(raw, line))
    if "\r" in text:
        raise CsvFault(line, "a carriage return inside a cell must stand in double quotes")
    return [cell or None for cell in text.split(",")]


def _quoted_cells(text: str, line: int) -> Cells:
    text = _without_line_break(text)
    cells: Cells = []
    position = 0
    while True:
        quoted = _QUOTED.match(text, position)
        stop = _SPECIAL.search(text, quoted.end() if quoted else position)
        end = stop.start() if stop else len(text)
        place = quoted.end() if quoted else end
        if place != end or (stop and stop[0] != ","):
            raise CsvFault(line + text.count("\n", 0, place), _fault(text, position, place))
        cells.append(quoted[1].replace('""', '"') if quoted else text[position:end] or None)
        if end == len(text):
            return cells
        position = end + 1


def _fault(text: str, start: int, place: int) -> str:
    if text[start] == '"' and start < place:
        return "after the closing quote of a cell there must be a comma or the end of the line"
    if text[place] != '"':
        return "a carriage return inside a cell must stand in double quotes"
    if start == place:
        return "the double quote that opens a cell here is never closed"
    return "a cell that holds a double quote must stand in double quotes, and the quote itself be written twice"


def _without_line_break(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _decode(raw: bytes, line: int) -> str:
    if len(raw) >= LONGEST_ROW:
        raise CsvFault(line, f"the row is longer than {LONGEST_ROW // 2**20} MiB; perhaps a quote is never closed")
    try:
        return raw.decode()
    except UnicodeDecodeError as failure:
        raise CsvFault(line + raw.count(b"\n", 0, failure.start), "the file must be UTF-8 text") from None
