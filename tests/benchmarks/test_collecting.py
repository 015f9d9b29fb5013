"""The views that the benchmark of collecting sends."""

from __future__ import annotations

from pathlib import Path

from benchmarks import collecting
from tabularium.application import load_schema


def test_requests_are_counted_and_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(collecting.APPLICATION, encoding="utf-8")
    schema = load_schema(tmp_path / "app.yaml").schema
    assert schema.analytics is not None
    assert {schema.api.rate_limits[name] for name in ("address", "collect")} == {(1_000_000, 1)}


def test_every_view_is_a_whole_request_of_another_visitor() -> None:
    heads, bodies = zip(*(request.split("\r\n\r\n") for request in collecting.requests()), strict=True)
    for head, body in zip(heads, bodies, strict=True):
        assert head.endswith(f"Content-Length: {len(body)}")
    visitors = {tuple(line for line in head.split("\r\n") if line[:2] in ("X-", "Us")) for head in heads}
    assert len(visitors) == len(heads)
