"""The documentation explains every key of the block `auth`."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tabularium.config import auth_blocks
from tabularium.config.blocks import Block

PAGE = (Path(__file__).parents[2] / "docs" / "authentication.md").read_text(encoding="utf-8")
BLOCKS = [
    block
    for _, block in inspect.getmembers(auth_blocks, inspect.isclass)
    if issubclass(block, Block) and block.__module__ == auth_blocks.__name__
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_key_is_in_the_documentation(block: type[Block]) -> None:
    keys = {field.alias or name for name, field in block.model_fields.items()}
    missing = {key for key in keys if f"`{key}`" not in PAGE and f".{key}`" not in PAGE} - {"type"}
    assert not missing
