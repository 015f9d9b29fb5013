from __future__ import annotations

import pytest

from tabularium.mail.templates import (
    BUILT_IN,
    CONFIGURED_AS,
    PLACEHOLDERS,
    TEMPLATE_NAMES,
    Template,
    find_unknown_placeholders,
    render,
)


def test_every_placeholder_is_filled_in() -> None:
    text = " ".join(f"${name}" for name in PLACEHOLDERS)
    rendered = render(Template("S", text), {name: f"<{name}>" for name in PLACEHOLDERS})
    assert rendered.text == " ".join(f"<{name}>" for name in PLACEHOLDERS)


def test_what_a_value_holds_is_not_filled_in_again() -> None:
    rendered = render(Template("$name", "$name $url", "$name"), {"name": "$url$name", "url": "https://x.example"})
    assert (rendered.subject, rendered.text, rendered.html) == ("$url$name", "$url$name https://x.example", "$url$name")


def test_nothing_is_appended_to_a_link() -> None:
    url = "https://x.example/a?token=b.c-_&callbackURL=%2F"
    rendered = render(BUILT_IN["verification"], {"url": url, "lifetime": "1 hour"})
    assert url in rendered.text.split("\n")
    assert rendered.html is not None
    assert f'<a href="{url.replace("&", "&amp;")}">' in rendered.html


def test_values_are_escaped_in_html_alone() -> None:
    rendered = render(Template("$name", "$name", "<b>$name</b>"), {"name": '<i>"O\'Neil" & Co</i>'})
    assert rendered.html == "<b>&lt;i&gt;&quot;O&#x27;Neil&quot; &amp; Co&lt;/i&gt;</b>"
    assert rendered.text == rendered.subject == '<i>"O\'Neil" & Co</i>'


def test_a_subject_has_no_line_breaks_and_a_name_in_the_text_has_one_line() -> None:
    rendered = render(
        Template("Hi $name\r\n", "Hi $name!\n", "<p>$name</p>"), {"name": "A\r\nBcc: b@example.org\u2028C"}
    )
    assert rendered.subject == "Hi ABcc: b@example.orgC"
    assert rendered.text == "Hi A Bcc: b@example.org C!\n"
    assert rendered.html == "<p>A Bcc: b@example.org C</p>"


def test_codes_keep_their_lines() -> None:
    assert render(Template("S", "$codes"), {"codes": "abc\ndef"}).text == "abc\ndef"


def test_half_a_surrogate_pair_does_not_stop_a_mail() -> None:
    assert render(Template("$name", "$name"), {"name": "a\ud800b"}).text == "a?b"


def test_a_placeholder_without_value_is_empty_and_a_plain_dollar_stays() -> None:
    assert render(Template("$name", "[$name] $5 $$ $"), {}).text == "[] $5 $$ $"


def test_a_template_with_text_alone_has_no_html() -> None:
    assert render(Template("S", "T"), {}).html is None


def test_a_template_with_html_alone_gets_a_text() -> None:
    source = (
        "<html><head><title>T</title><style>p{}</style><body><h1>Hello  $name</h1>\n<p>Open <a href='$url'>this\n link</a>"
        " or:<br>$otp</p><ul><li>one<li>two</ul><pre>a  b\nc</pre><script>x()</script>"
        '<a href="https://y.example">https://y.example</a><table><tr><td>c</td><td>d</td></tr></table></body></html>'
    )
    rendered = render(
        Template("S", None, source), {"name": "A&<b>", "url": "https://x.example/?a=1&b=2", "otp": "123456"}
    )
    assert rendered.text == (
        "Hello A&<b>\n\nOpen this link\nhttps://x.example/?a=1&b=2\nor:\n123456\n\n- one\n- two\n\na  b\nc\n\n"
        "https://y.example\n\nc d\n"
    )


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Hello $name, $url? $email; $otp. $codes/$organizationName'$inviterName", []),
        ("$5 and $ and $$ and $_ and $é", []),
        ("$first_name $first $names $Name $organization", ["$first", "$names", "$Name", "$organization"]),
        ("$lifetime", ["$lifetime"]),
        ("$nameさん $name_ $otp1", []),
    ],
)
def test_unknown_placeholders_are_found_once_and_in_order(text: str, unknown: list[str]) -> None:
    assert find_unknown_placeholders(text) == unknown


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_mail_holds_known_placeholders_and_says_the_same_twice(name: str) -> None:
    template = BUILT_IN[name]
    values = {each: f"({each})" for each in (*PLACEHOLDERS, "lifetime")}
    rendered = render(template, values)
    as_text = render(Template("", None, template.html), values).text
    assert as_text.split() == rendered.text.split()
    for text in (template.subject, template.text or "", template.html or ""):
        assert set(find_unknown_placeholders(text)) <= {"$lifetime"}
    assert "$name" not in (template.text or "").split()


@pytest.mark.parametrize(
    "name", ["verification", "resetPassword", "magicLink", "invitation", "accountDeletion", "changeEmail"]
)
def test_a_built_in_mail_with_a_link_names_its_life_time(name: str) -> None:
    text = render(BUILT_IN[name], {"url": "https://x.example", "lifetime": "25 hours"}).text
    assert "25 hours" in text
    assert "https://x.example" in text.split("\n")


def test_what_a_file_may_configure_is_built_in_or_optional() -> None:
    assert set(TEMPLATE_NAMES) - set(BUILT_IN) == {"welcome", "twoFactorBackupCodes"}
    assert set(BUILT_IN) - set(TEMPLATE_NAMES) == {"existingAccount", "changeEmail", "erasureScheduled"}
    assert set(CONFIGURED_AS) <= set(BUILT_IN)
    assert set(CONFIGURED_AS.values()) <= set(TEMPLATE_NAMES)
