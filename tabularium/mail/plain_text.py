"""The plain text of a mail that somebody wrote only as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "template", "title"})
"""Not `head`, which need not be closed."""
_PARAGRAPHS: Final = frozenset(
    {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"},
)
_LINES: Final = frozenset({"article", "div", "footer", "header", "li", "main", "nav", "section", "tr"})


def text_of_html(source: str) -> str:
    """Return what a reader of the page sees, in lines. The target of a link stands whole on a line of its own."""
    parser = _Reader()
    parser.feed(source)
    parser.close()
    lines = (line.strip() for line in "".join(parser.parts).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return f"{text}\n" if text else ""


class _Reader(HTMLParser):
    """Collects the text of a page. `parts` joined is that text, with too many blank lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._preformatted = 0
        self._link: str | None = None
        self._link_began = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break_at(tag)
        values = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "br":
            self._add("\n")
        elif tag == "li":
            self._add("- ")
        elif tag in ("td", "th"):
            self._add(" ")
        elif tag == "img":
            self._add(values.get("alt") or "")
        elif tag == "a":
            self._end_link()
            self._link, self._link_began = values.get("href"), len(self.parts)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _UNSEEN or tag in ("a", "pre"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag == "a":
            self._end_link()
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        self._add(data if self._preformatted else re.sub(r"\s+", " ", data))

    def close(self) -> None:
        super().close()
        self._end_link()

    def _break_at(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._add("\n\n")
        elif tag in _LINES:
            self._add("\n")

    def _end_link(self) -> None:
        target, self._link = self._link, None
        if target and "".join(self.parts[self._link_began :]).strip() != target.strip():
            self._add(f"\n{target}\n")

    def _add(self, text: str) -> None:
        if not self._unseen:
            self.parts.append(text)
