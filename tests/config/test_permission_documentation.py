"""What the documentation says of permissions can be served."""

from __future__ import annotations

from pathlib import Path

from tabularium.access.identity import ANONYMOUS, Identity
from tabularium.access.policy import access
from tabularium.application import load_schema

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "permissions.md").read_text("utf-8")


def test_the_example_means_what_the_text_says(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(TEXT.split("```yaml\n")[1].split("```")[0], "utf-8")
    loaded = load_schema(file)
    products, archived = loaded.schema.tables
    assert loaded.warnings == ()
    assert access(ANONYMOUS, products).listed == ("title", "price")
    sales = access(Identity("u", frozenset({"sales"})), products)
    assert sales.listed == ("title", "price", "cost", "margin")
    assert sales.writable == {"title", "price", "cost"}
    assert "update" not in access(Identity("u", frozenset({"sales"})), archived).actions
