"""The contract, read once for all tests of this folder."""

from __future__ import annotations

from typing import Any

import pytest

from tools.contract import Contract
from tools.generate import SOURCE


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.load(SOURCE)


@pytest.fixture(scope="session")
def document(contract: Contract) -> dict[str, Any]:
    return contract.document
