"""Any updates of any fields: a revert restores what a get showed after any of the revisions, over and over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.records.test_history import TEXT, application, created, exactly
from tests.records.test_reverting import TAGS, THINGS, revert
from tests.support.effort import examples
from tests.support.serving import serving

KINDS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "text": ({"type": TEXT}, st.text(st.characters(exclude_categories=["C", "Z"]), max_size=5)),
    "long": ({"type": "long-text"}, st.sampled_from(["", "a", "a\nb", " "])),
    "whole": ({"type": "integer"}, st.integers(-3, 3)),
    "exact": ({"type": "decimal", "precision": 3}, st.sampled_from(["0", "1.5", "-0.125", "12345678901234.001"])),
    "flag": ({"type": "checkbox"}, st.booleans()),
    "choice": ({"type": "single-select", "options": ["a", "b"]}, st.sampled_from("ab")),
    "choices": ({"type": "multi-select", "options": ["a", "b", "c"]}, st.lists(st.sampled_from("abc"), unique=True)),
    "day": ({"type": "date"}, st.dates().map(str)),
    "moment": ({"type": "datetime"}, st.sampled_from(["2026-03-01T09:00:00.5+02:00", "0001-01-01T00:00:00Z"])),
    "mail": ({"type": "email"}, st.sampled_from(["a@example.com", "A@Example.com", "b@example.com"])),
    "rich": ({"type": "rich-text"}, st.sampled_from(["<p>a</p>", "a", "<b>x</b> &amp; y"])),
    "place": ({"type": "geolocation"}, st.sampled_from([{"latitude": each, "longitude": -2} for each in (1.5, 0)])),
    "data": ({"type": "json"}, st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from([1.5, 1e300, "a"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner), max_leaves=4,
    ).filter(lambda value: value is not None)),
    "one": ({"type": "relationship", "relatedTable": "tags"}, st.sampled_from("123")),
    "many": ({k: v for k, v in TAGS.items() if k not in ("id", "name")}, st.lists(st.sampled_from("123"), unique=True)),
}  # fmt: skip
VALUES = st.fixed_dictionaries({}, optional={name: st.none() | values for name, (_, values) in KINDS.items()})


def test_a_revert_restores_what_a_get_showed_after_any_revision(database_url: str, tmp_path: Path) -> None:
    fields = [{"id": number, "name": name, **kind} for number, (name, (kind, _)) in enumerate(KINDS.items(), 1)]
    with serving(application(tmp_path, *fields), database_url) as api:
        for label in "abc":
            created(api, "/api/tables/tags/records", label=label)

        @settings(max_examples=examples(18), deadline=None, suppress_health_check=list(HealthCheck))
        @given(VALUES, st.lists(VALUES | st.integers(0, 20), min_size=1, max_size=6))
        def check(first: dict[str, Any], steps: list[dict[str, Any] | int]) -> None:
            record = created(api, THINGS, **first)
            shown = [exactly(api("GET", record).body)["fields"]]
            for step in steps:
                if isinstance(step, int):
                    wanted = step % len(shown)
                    answer = revert(api, record, wanted + 1)
                    assert (answer.status, exactly(answer.body)["fields"]) == (200, shown[wanted]), answer.body
                else:
                    answer = api("PATCH", record, {"fields": step})
                    assert answer.status == 200, answer.body
                seen = api("GET", record)
                assert json.loads(seen.body) == answer.json()
                if len(shown) < seen.json()["revision"]:
                    shown.append(exactly(seen.body)["fields"])
                assert len(shown) == seen.json()["revision"]
                assert shown[-1] == exactly(seen.body)["fields"]

        check()
