from __future__ import annotations

from pathlib import Path

import pytest

from tools import docs

PAGE = """\
# A page
## What it holds: `code`
[good](other.md) [bad](missing.md) [far](https://example.com/x)
[heading](#what-it-holds-code) [no heading](#nowhere)
`make run` `make nothing` `docs/page.md` `docs/none.md` `examples/crm/data/`
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "Makefile").write_text("run: ready ## serve\n", encoding="utf-8")
    (tmp_path / "docs" / "other.md").write_text("# Other\n", encoding="utf-8")
    (tmp_path / "docs" / "page.md").write_text(PAGE, encoding="utf-8")
    return tmp_path


def test_the_documentation_points_at_what_exists() -> None:
    assert [problem for document in docs.documents() for problem in docs.problems(document)] == []


def test_every_pointer_that_leads_nowhere_is_named_with_its_line(tree: Path) -> None:
    assert list(docs.problems(tree / "docs" / "page.md", tree)) == [
        "docs/page.md:3: the link missing.md leads nowhere",
        "docs/page.md:4: the link #nowhere names no heading of that file",
        "docs/page.md:5: there is no `make nothing`",
        "docs/page.md:5: there is no docs/none.md",
    ]


def test_a_heading_inside_a_code_block_is_no_anchor() -> None:
    assert docs.anchors("# One\n```\n# two\n```\n## Three four\n") == {"one", "three-four"}
