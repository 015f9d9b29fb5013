from __future__ import annotations

import pytest

from tabularium.mail.plain_text import text_of_html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("<p></p>", ""),
        ("a<br/>b<br>c", "a\nb\nc\n"),
        ("<div>a</div><div>b</div>", "a\n\nb\n"),
        ("<a href='https://x.example'>x", "x\nhttps://x.example\n"),
        ("<a href='https://x.example'><b>x</b></a><a href='/y'>y</a>", "x\nhttps://x.example\ny\n/y\n"),
        ("<a name='here'>a</a> <a/>b", "a b\n"),
        ("<img src='x' alt='Logo'> <img src='y'>Hi", "Logo Hi\n"),
        ("a</script></pre>b", "a\n\nb\n"),
        ("a<style/>b", "ab\n"),
        ("&lt;b&gt; &amp;amp; &eacute;", "<b> &amp; é\n"),
        ("<!-- unseen -->seen", "seen\n"),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(source: str, text: str) -> None:
    assert text_of_html(source) == text
