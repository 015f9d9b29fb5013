from __future__ import annotations

import pytest

from server.routes import Routes
from tabularium.errors import BadRequest


def routes(*templates: str) -> Routes[str]:
    made: Routes[str] = Routes()
    for each in templates:
        made.add("GET", each, each)
    return made


def find(made: Routes[str], path: bytes) -> tuple[str, list[str]] | None:
    found = made.find(path)
    return None if found is None else (found[0].methods["GET"], found[1])


def test_a_literal_segment_goes_before_a_parameter_whatever_the_order() -> None:
    made = routes("/a/{id}", "/a/stats", "/a/{id}/b", "/a/stats/c")
    assert find(made, b"/a/stats") == ("/a/stats", [])
    assert find(made, b"/a/7") == ("/a/{id}", ["7"])
    assert find(made, b"/a/stats/b") == ("/a/{id}/b", ["stats"])
    assert find(made, b"/a/stats/c") == ("/a/stats/c", [])


def test_values_that_a_failed_attempt_collected_are_not_kept() -> None:
    made = routes("/x/a/{p}/{q}/end", "/x/{o}/{p}/{q}/other")
    assert find(made, b"/x/a/1/2/other") is not None
    assert find(made, b"/x/a/1/2/other") == ("/x/{o}/{p}/{q}/other", ["a", "1", "2"])


@pytest.mark.parametrize("path", [b"/a/", b"//a", b"/a//b", b"/A", b"/", b"", b"/a/7/", b"/a/%2F/", b"a"])
def test_anything_else_is_unknown(path: bytes) -> None:
    assert find(routes("/a", "/a/{id}", "/a/{id}/b"), path) is None


def test_a_segment_is_decoded_once_and_an_encoded_slash_is_part_of_it() -> None:
    made = routes("/a/{id}")
    assert find(made, b"/a/x%2Fy") == ("/a/{id}", ["x/y"])
    assert find(made, b"/a/%252F") == ("/a/{id}", ["%2F"])
    assert find(made, b"/%61/%C3%A9+") == ("/a/{id}", ["\N{LATIN SMALL LETTER E WITH ACUTE}+"])


def test_a_path_that_is_not_utf8_is_a_bad_request() -> None:
    for path in (b"/a/%ff", b"/a/\xff"):
        with pytest.raises(BadRequest):
            routes("/a/{id}").find(path)


def test_allow_lists_what_is_served_with_head_and_options() -> None:
    made = routes("/a")
    route = made.add("POST", "/a", "post")
    assert route.allow == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("template", ["/a/x{id}", "/a/{id}.json", "/a/{x}{y}"])
def test_a_parameter_that_is_part_of_a_segment_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="whole segment"):
        routes(template)


def test_two_templates_of_one_path_are_refused() -> None:
    with pytest.raises(ValueError, match="same path"):
        routes("/a/{id}", "/a/{key}")
