"""The block `analytics` of the application file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabularium.application import load_schema
from tabularium.schema.model import AnalyticsSettings

TABLES = "tables: [{id: 1, name: notes, fields: [{id: 1, name: title, type: single-line-text}]}]"
ALL = (
    "analytics: {retentionDays: 730, excludedPaths: ['/admin/*', '*.pdf'], respectDoNotTrack: false, "
    "sessionTimeout: 1, allowedOrigins: ['https://www.example.org', 'http://localhost:8080', 'http://[::1]:80']}"
)


@pytest.mark.parametrize(
    ("block", "settings"),
    [
        ("", None),
        ("analytics: false", None),
        ("analytics: true", AnalyticsSettings()),
        ("analytics: {}", AnalyticsSettings()),
        ("analytics: {sessionTimeout: 120}", AnalyticsSettings(session_timeout=120)),
        (
            ALL,
            AnalyticsSettings(
                retention_days=730,
                excluded_paths=("/admin/*", "*.pdf"),
                respect_do_not_track=False,
                session_timeout=1,
                allowed_origins=("https://www.example.org", "http://localhost:8080", "http://[::1]:80"),
            ),
        ),
    ],
)
def test_the_block_is_read(tmp_path: Path, block: str, settings: AnalyticsSettings | None) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(f"name: crm\n{block}\n{TABLES}\n", encoding="utf-8")
    assert load_schema(file).schema.analytics == settings


def test_without_a_word_of_it_everybody_may_send_and_who_asks_is_left_out() -> None:
    assert AnalyticsSettings() == AnalyticsSettings(365, (), True, 30, ("*",))
