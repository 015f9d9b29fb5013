"""What the documentation says of history and activity log can be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabularium.application import load_schema
from tabularium.schema.model import ActivitySettings

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text("utf-8")
EXAMPLE = TEXT.split("```yaml\n")[1].split("```")[0]


@pytest.mark.parametrize(
    ("block", "settings"),
    [
        (EXAMPLE, ActivitySettings(90, 200)),
        ("", ActivitySettings(365, 0)),
        ("activity: {}", ActivitySettings(365, 0)),
        ("activity: {retentionDays: 0, historyPerRecord: 100000}", ActivitySettings(0, 100_000)),
    ],
)
def test_a_file_says_how_long_entries_are_kept(block: str, settings: ActivitySettings, tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(f"name: x\n{block}\n", "utf-8")
    loaded = load_schema(file)
    assert (loaded.schema.activity, loaded.warnings) == (settings, ())
