from __future__ import annotations

from tests.support.server import serve

__all__ = ["serve"]
